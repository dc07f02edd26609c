"""SQLite keeps the contract of the storage, and fails aloud when it cannot."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import anyio
import pytest
from sqlalchemy import text

from pip_hub.adapters.contracts.unit_of_work import UnitOfWorkContract
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.errors import StorageUnavailable
from tests.builders import a_client


class TestSqliteStorage(UnitOfWorkContract):
    @pytest.fixture
    async def unit_of_work(self, sqlite_url: str) -> AsyncIterator[OpenUnitOfWork]:
        storage = SqlStorage(sqlite_url)
        yield storage.unit_of_work
        await storage.dispose()


@pytest.fixture
async def storage(sqlite_url: str) -> AsyncIterator[SqlStorage]:
    storage = SqlStorage(f"{sqlite_url}?timeout=0.1")
    yield storage
    await storage.dispose()


@pytest.mark.anyio
async def test_a_connection_is_durable_and_checks_foreign_keys(storage: SqlStorage) -> None:
    async with storage.engine.connect() as connection:
        pragmas = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 100}


@pytest.mark.anyio
async def test_a_database_that_stays_locked_is_an_error_and_never_a_none(storage: SqlStorage, sqlite_url: str) -> None:
    somebody = sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)
    somebody.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StorageUnavailable):
            await _find_a_client(storage)
    finally:
        somebody.execute("ROLLBACK")
        somebody.close()
    assert await _find_a_client(storage) is False


@pytest.mark.anyio
async def test_the_values_of_a_statement_stay_out_of_its_error(storage: SqlStorage) -> None:
    async with storage.unit_of_work() as work:
        await work.clients.add(a_client(name="a name that must not be logged"))
        with pytest.raises(Exception, match="UNIQUE") as caught:
            await work.clients.add(a_client(name="a name that must not be logged"))
    assert "a name that must not be logged" not in str(caught.value)


@pytest.mark.anyio
async def test_tasks_killed_without_anyio_leave_a_storage_that_works(storage: SqlStorage) -> None:
    """The cancel of asyncio itself, which a server's shutdown uses, knows no shield."""
    for steps in range(10):
        crowd = [asyncio.create_task(_find_a_client(storage)) for _ in range(5)]
        for _ in range(steps):
            await asyncio.sleep(0)
        for task in crowd:
            task.cancel()
        await asyncio.gather(*crowd, return_exceptions=True)
    assert await _find_a_client(storage) is False


@pytest.mark.anyio
async def test_a_unit_that_was_left_answers_nothing_more(storage: SqlStorage) -> None:
    unit = storage.unit_of_work()
    with pytest.raises(RuntimeError, match="not open"):
        await unit.commit()
    async with unit:
        await unit.clients.add(a_client())
    with pytest.raises(RuntimeError, match="not open"):
        await unit.clients.get(a_client().id)


@pytest.mark.anyio
async def test_a_cancelled_unit_starts_no_further_statement(storage: SqlStorage) -> None:
    async with storage.unit_of_work() as work:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await work.clients.add(a_client())
        await work.commit()
    assert await _find_a_client(storage) is False


async def _find_a_client(storage: SqlStorage) -> bool:
    async with storage.unit_of_work() as work:
        return await work.clients.get(a_client().id) is not None
