"""A cancelled unit costs the storage nothing: it always gives its connection back in one piece."""

from collections.abc import AsyncIterator

import anyio
import pytest
from sqlalchemy import event

from pip_hub.adapters.sql.unit_of_work import SqlStorage
from tests.builders import a_client, a_user


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def storage(database_url: str) -> AsyncIterator[SqlStorage]:
    storage = SqlStorage(database_url)
    yield storage
    await storage.dispose()


@pytest.fixture
def connections(storage: SqlStorage) -> list[object]:
    """Every connection that the storage opens from now on."""
    opened: list[object] = []
    event.listen(storage.engine.sync_engine, "connect", lambda connection, _record: opened.append(connection))
    return opened


@pytest.mark.anyio
async def test_a_unit_that_is_cancelled_at_work_gives_its_connection_back(
    storage: SqlStorage, connections: list[object]
) -> None:
    working = anyio.Event()

    async def work_and_hang() -> None:
        async with storage.unit_of_work() as work:
            await work.clients.add(a_client())
            working.set()
            await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work_and_hang)
        await working.wait()
        tasks.cancel_scope.cancel()

    assert await _has_the_client(storage) is False
    assert len(connections) == 1


@pytest.mark.anyio
async def test_a_unit_that_is_cancelled_in_the_middle_of_a_statement_lets_it_finish(
    storage: SqlStorage, connections: list[object], database_url: str
) -> None:
    other = SqlStorage(database_url)
    taken = anyio.Event()
    cancelled = anyio.CancelScope()

    async def wait_for_the_other() -> None:
        await taken.wait()
        with cancelled:
            async with storage.unit_of_work() as work:
                await work.users.add(a_user())
                await work.clients.add(a_client())
                await work.commit()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait_for_the_other)
        async with other.unit_of_work() as work:
            await work.users.add(a_user())  # now nobody else can add that user, nor on SQLite anything
            taken.set()
            await anyio.wait_all_tasks_blocked()
            cancelled.cancel()
    await other.dispose()

    assert await _has_the_client(storage) is False
    assert len(connections) == 1


async def _has_the_client(storage: SqlStorage) -> bool:
    async with storage.unit_of_work() as work:
        return await work.clients.get(a_client().id) is not None
