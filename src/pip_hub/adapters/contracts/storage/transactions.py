"""What one unit of work promises, whatever is stored."""

from __future__ import annotations

from functools import partial

import anyio
import pytest

from pip_hub.adapters.contracts.samples import NOW, a_client, a_code, a_grant, a_user
from pip_hub.adapters.contracts.storage.base import (
    RACERS,
    Entity,
    StorageContract,
    at_once,
    everything,
    fetch,
    given,
    store,
    stored,
)
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.identifiers import ClientId

A_MOMENT = 0.2
"""Seconds a reader gets to look into an open unit. A storage with one unit at a time keeps it waiting instead."""

LONG_ENOUGH = 60
"""Seconds after which a unit that cannot begin counts as stuck, on the slowest machine."""


@pytest.mark.anyio
class TransactionsContract(StorageContract):
    async def test_all_that_was_committed_is_there_in_the_next_unit(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, *everything())
        async with unit_of_work() as work:
            assert [await fetch(work, value) for value in everything()] == list(everything())

    async def test_nothing_is_there_without_a_commit(self, unit_of_work: OpenUnitOfWork) -> None:
        async with unit_of_work() as work:
            for value in everything():
                await store(work, value)
        assert await _found(unit_of_work) == []

    async def test_an_error_undoes_everything_and_passes_unchanged(self, unit_of_work: OpenUnitOfWork) -> None:
        mishap = LookupError("mishap")
        with pytest.raises(LookupError) as caught:
            await _store_and_fail(unit_of_work, mishap)
        assert caught.value is mishap
        assert await _found(unit_of_work) == []

    async def test_a_cancellation_undoes_everything(self, unit_of_work: OpenUnitOfWork) -> None:
        done = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_store_and_hang, unit_of_work, done)
            await done.wait()
            tasks.cancel_scope.cancel()
        with anyio.fail_after(LONG_ENOUGH):
            assert await _found(unit_of_work) == []

    async def test_a_unit_sees_what_it_did_itself(self, unit_of_work: OpenUnitOfWork) -> None:
        async with unit_of_work() as work:
            for value in everything():
                await store(work, value)
                assert await fetch(work, value) == value

    async def test_nobody_sees_what_is_not_committed(self, unit_of_work: OpenUnitOfWork) -> None:
        seen: list[Entity | None] = []
        changed, looked = anyio.Event(), anyio.Event()

        async def look() -> None:
            await changed.wait()
            seen.append(await stored(unit_of_work, a_client()))
            looked.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(look)
            async with unit_of_work() as work:
                await work.clients.add(a_client())
                changed.set()
                with anyio.move_on_after(A_MOMENT):
                    await looked.wait()
        assert seen == [None]

    async def test_a_commit_survives_the_error_that_follows(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_code())
        with pytest.raises(LookupError):
            await _revoke_and_fail(unit_of_work)
        async with unit_of_work() as work:
            grant = await work.grants.get(a_grant().id)
            assert grant is not None
            assert grant.revoked_at == NOW

    async def test_what_follows_the_last_commit_is_undone(self, unit_of_work: OpenUnitOfWork) -> None:
        first, second, third = (a_client(id=ClientId(name)) for name in ("first", "second", "third"))
        async with unit_of_work() as work:
            await work.clients.add(first)
            await work.commit()
            await work.clients.add(second)
            await work.commit()
            await work.clients.add(third)
        assert await stored(unit_of_work, first) == first
        assert await stored(unit_of_work, second) == second
        assert await stored(unit_of_work, third) is None

    async def test_units_do_not_nest_and_the_outer_one_goes_on(self, unit_of_work: OpenUnitOfWork) -> None:
        async with unit_of_work() as work:
            await work.clients.add(a_client())
            with pytest.raises(RuntimeError):
                async with unit_of_work():
                    raise AssertionError("a unit inside a unit")
            await work.commit()
        assert await stored(unit_of_work, a_client()) == a_client()

    async def test_units_of_different_tasks_all_get_their_turn(self, unit_of_work: OpenUnitOfWork) -> None:
        clients = [a_client(id=ClientId(f"client-{number}")) for number in range(RACERS)]
        await at_once([partial(given, unit_of_work, client) for client in clients])
        async with unit_of_work() as work:
            assert [await work.clients.get(client.id) for client in clients] == clients

    async def test_units_follow_each_other_in_one_task(self, unit_of_work: OpenUnitOfWork) -> None:
        for number in range(RACERS):
            await given(unit_of_work, a_client(id=ClientId(f"client-{number}")))
        assert await stored(unit_of_work, a_client(id=ClientId(f"client-{RACERS - 1}"))) is not None

    async def test_who_is_cancelled_while_waiting_keeps_nobody_from_entering(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        entered = anyio.Event()
        waiting = anyio.CancelScope()

        async def wait_for_a_turn() -> None:
            await entered.wait()
            with waiting:
                await stored(unit_of_work, a_client())

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait_for_a_turn)
            async with unit_of_work() as work:
                await work.clients.add(a_client())
                entered.set()
                await anyio.wait_all_tasks_blocked()
                waiting.cancel()
                await work.commit()
        with anyio.fail_after(LONG_ENOUGH):
            assert await stored(unit_of_work, a_client()) == a_client()

    @pytest.mark.parametrize("finished", [0, 1, 2, 5, 10])
    async def test_a_cancelled_crowd_leaves_a_storage_that_works(
        self, unit_of_work: OpenUnitOfWork, finished: int
    ) -> None:
        await _start_and_cancel(unit_of_work, finished)
        with anyio.fail_after(LONG_ENOUGH):
            await given(unit_of_work, a_client())
            assert await stored(unit_of_work, a_client()) == a_client()


async def _found(unit_of_work: OpenUnitOfWork) -> list[Entity]:
    async with unit_of_work() as work:
        found = [await fetch(work, value) for value in everything()]
    return [value for value in found if value is not None]


async def _store_and_fail(unit_of_work: OpenUnitOfWork, mishap: Exception) -> None:
    async with unit_of_work() as work:
        for value in everything():
            await store(work, value)
        raise mishap


async def _revoke_and_fail(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as work:
        await work.grants.revoke(a_grant().id, NOW)
        await work.commit()
        raise LookupError


async def _store_and_hang(unit_of_work: OpenUnitOfWork, done: anyio.Event) -> None:
    async with unit_of_work() as work:
        for value in everything():
            await store(work, value)
        done.set()
        await anyio.sleep_forever()


async def _start_and_cancel(unit_of_work: OpenUnitOfWork, finished: int) -> None:
    """Start a crowd of units, and cancel the rest when so many of them have finished."""
    enough = anyio.Event()
    done: list[int] = []

    async def store_one(number: int) -> None:
        await given(unit_of_work, a_client(id=ClientId(f"client of the crowd {number}")))
        done.append(number)
        if len(done) >= finished:
            enough.set()

    async with anyio.create_task_group() as crowd:
        for number in range(RACERS):
            crowd.start_soon(store_one, number)
        if finished:
            await enough.wait()
        else:
            await anyio.wait_all_tasks_blocked()
        crowd.cancel_scope.cancel()
