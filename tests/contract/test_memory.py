"""The in-memory adapters keep the contracts: a fake that does not would prove nothing."""

import pytest

from pip_hub.adapters.contracts.unit_of_work import UnitOfWorkContract
from pip_hub.adapters.memory.unit_of_work import MemoryStorage
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork


class TestMemoryStorage(UnitOfWorkContract):
    @pytest.fixture
    def unit_of_work(self) -> OpenUnitOfWork:
        return MemoryStorage().unit_of_work
