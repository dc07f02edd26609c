"""PostgreSQL keeps the contract of the storage, and fails aloud when it cannot."""

from collections.abc import AsyncIterator

import anyio
import pytest
from sqlalchemy import text

from pip_hub.adapters.contracts.unit_of_work import UnitOfWorkContract
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.errors import StorageUnavailable
from tests.builders import NOW, a_client, a_code, a_grant, a_user


class TestPostgresStorage(UnitOfWorkContract):
    @pytest.fixture
    async def unit_of_work(self, postgres_url: str) -> AsyncIterator[OpenUnitOfWork]:
        storage = SqlStorage(postgres_url)
        yield storage.unit_of_work
        await storage.dispose()


@pytest.fixture
async def storage(postgres_url: str) -> AsyncIterator[SqlStorage]:
    storage = SqlStorage(postgres_url)
    yield storage
    await storage.dispose()


@pytest.mark.anyio
async def test_units_run_side_by_side(storage: SqlStorage) -> None:
    """The contract cannot ask for it, since a storage may have one unit at a time; but then its races would be none."""
    both_inside = anyio.Event()
    inside: list[str] = []

    async def enter(name: str) -> None:
        async with storage.unit_of_work() as work:
            await work.clients.get(a_client().id)
            inside.append(name)
            if len(inside) == 2:
                both_inside.set()
            await both_inside.wait()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(enter, "one")
        tasks.start_soon(enter, "other")
    assert sorted(inside) == ["one", "other"]


@pytest.mark.anyio
@pytest.mark.parametrize("commits", [True, False], ids=["commits", "gives up"])
async def test_a_second_redemption_waits_for_what_becomes_of_the_first(storage: SqlStorage, commits: bool) -> None:  # noqa: FBT001 - a parameter of the test
    async with storage.unit_of_work() as work:
        await work.users.add(a_user())
        await work.grants.add(a_grant())
        await work.authorization_codes.add(a_code())
        await work.commit()
    redeemed, answers = anyio.Event(), []

    async def second() -> None:
        await redeemed.wait()
        async with storage.unit_of_work() as work:
            answers.append(await work.authorization_codes.redeem(a_code().digest, NOW))
            await work.commit()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(second)
        async with storage.unit_of_work() as work:
            assert await work.authorization_codes.redeem(a_code().digest, NOW) is not None
            redeemed.set()
            await _somebody_waits_for_a_lock(storage)
            if commits:
                await work.commit()
    assert [answer is None for answer in answers] == [commits]


@pytest.mark.anyio
async def test_a_connection_that_was_lost_is_an_error_and_never_a_none(storage: SqlStorage) -> None:
    with pytest.raises(StorageUnavailable):
        await _look_on_a_killed_connection(storage)
    async with storage.unit_of_work() as work:
        assert await work.clients.get(a_client().id) is None


@pytest.mark.anyio
async def test_a_server_that_is_not_there_is_an_error(postgres_url: str) -> None:
    storage = SqlStorage(f"{postgres_url}/nobody/listens/here")
    with pytest.raises(StorageUnavailable):
        await storage.unit_of_work().__aenter__()
    await storage.dispose()


@pytest.mark.anyio
async def test_connections_that_died_in_the_pool_cost_no_unit(storage: SqlStorage) -> None:
    async with storage.unit_of_work() as work:
        await work.clients.get(a_client().id)
    await _kill_all_others(storage)
    async with storage.unit_of_work() as work:
        assert await work.clients.get(a_client().id) is None


async def _look_on_a_killed_connection(storage: SqlStorage) -> None:
    async with storage.unit_of_work() as work:
        await work.clients.get(a_client().id)
        await _kill_all_others(storage)
        await work.clients.get(a_client().id)


async def _kill_all_others(storage: SqlStorage) -> None:
    async with storage.engine.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )


async def _somebody_waits_for_a_lock(storage: SqlStorage) -> None:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with storage.engine.connect() as connection:
        while (await connection.execute(waiting)).scalar_one() == 0:
            await connection.rollback()  # each look needs a transaction of its own to see anything new
