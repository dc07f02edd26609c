"""PostgreSQL keeps the contract of the storage."""

from collections.abc import AsyncIterator

import pytest

from pip_hub.adapters.contracts.unit_of_work import UnitOfWorkContract
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork


class TestPostgresStorage(UnitOfWorkContract):
    @pytest.fixture
    async def unit_of_work(self, postgres_url: str) -> AsyncIterator[OpenUnitOfWork]:
        storage = SqlStorage(postgres_url)
        yield storage.unit_of_work
        await storage.dispose()
