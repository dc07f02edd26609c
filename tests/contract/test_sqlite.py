"""SQLite keeps the contract of the storage."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pip_hub.adapters.contracts.unit_of_work import UnitOfWorkContract
from pip_hub.adapters.sql.migration import migrate
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork


@pytest.fixture
def url(tmp_path) -> str:
    u = f"sqlite+aiosqlite:///{tmp_path}/hub.db"
    migrate(u)
    return u

class TestSqliteStorage(UnitOfWorkContract):
    @pytest.fixture
    async def unit_of_work(self, url, anyio_backend) -> AsyncIterator[OpenUnitOfWork]:
        storage = SqlStorage(url)
        yield storage.unit_of_work
        await storage.dispose()
