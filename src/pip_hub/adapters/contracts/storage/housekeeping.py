"""The laws of clearing away: all that is over, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pip_hub.adapters.contracts.samples import (
    NOW,
    a_client,
    a_code,
    a_digest,
    a_grant,
    a_link,
    a_notice,
    a_provider_grant,
    a_refresh_token,
    a_resource,
    a_revocation,
    a_session,
    a_user,
    an_access_token,
    an_activity_entry,
    an_attempt,
    an_open_flow,
)
from pip_hub.adapters.contracts.storage.base import MICROSECOND, Entity, StorageContract, everything, given, stored
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.activity import KEPT_FOR
from pip_hub.domain.identifiers import FlowId, GrantId

JUST_OVER = NOW - MICROSECOND
LONG_AFTER = NOW + timedelta(days=400)

OVER: tuple[Entity, ...] = (
    a_session(digest=a_digest("over"), expires_at=JUST_OVER),
    a_notice(session=a_digest("over and over"), at=JUST_OVER),
    an_open_flow(id=FlowId("over"), expires_at=JUST_OVER),
    an_attempt(state_digest=a_digest("over"), expires_at=JUST_OVER),
    a_code(digest=a_digest("over"), flow_id=FlowId("over"), expires_at=JUST_OVER),
    an_access_token(digest=a_digest("over"), expires_at=JUST_OVER),
    a_refresh_token(digest=a_digest("over"), expires_at=JUST_OVER),
    an_activity_entry(group="over", at=JUST_OVER - KEPT_FOR),
    a_grant(id=GrantId("over"), created_at=JUST_OVER),
)
ALIVE: tuple[Entity, ...] = (
    a_session(expires_at=NOW),
    a_notice(at=NOW),
    an_open_flow(expires_at=NOW),
    an_attempt(expires_at=NOW),
    a_code(expires_at=NOW),
    an_access_token(expires_at=NOW),
    a_refresh_token(expires_at=NOW),
    an_activity_entry(at=NOW - KEPT_FOR),
)
KEPT: tuple[Entity, ...] = (
    a_user(),
    a_client(),
    a_resource(),
    a_link(),
    a_provider_grant(),
    a_revocation(),
)


@pytest.mark.anyio
class HousekeepingContract(StorageContract):
    async def test_all_that_is_over_goes_and_is_counted(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, *KEPT, a_grant(), *OVER, *ALIVE)
        assert await _purge(unit_of_work) == len(OVER)
        assert [value for value in OVER if await stored(unit_of_work, value) is not None] == []

    async def test_what_is_not_over_stays(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, *KEPT, a_grant(), *OVER, *ALIVE)
        await _purge(unit_of_work)
        for value in (*ALIVE, a_grant()):
            assert await stored(unit_of_work, value) == value

    async def test_accounts_clients_connections_and_what_is_owed_have_no_end(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        await given(unit_of_work, *KEPT)
        async with unit_of_work() as work:
            assert await work.housekeeping.purge(LONG_AFTER) == 0
            await work.commit()
        for value in KEPT:
            assert await stored(unit_of_work, value) == value

    async def test_everything_that_can_end_is_gone_at_last(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, *everything())
        async with unit_of_work() as work:
            assert await work.housekeeping.purge(LONG_AFTER) == len(everything()) - len(KEPT)
            assert await work.housekeeping.purge(LONG_AFTER) == 0

    @pytest.mark.parametrize(
        "hanging", [a_code(), an_access_token(), a_refresh_token()], ids=lambda value: type(value).__name__
    )
    async def test_a_grant_stays_as_long_as_something_hangs_on_it(
        self, unit_of_work: OpenUnitOfWork, hanging: Entity
    ) -> None:
        old = a_grant(created_at=NOW - timedelta(days=100), revoked_at=NOW - timedelta(days=99))
        await given(unit_of_work, a_user(), old, hanging)
        assert await _purge(unit_of_work) == 0
        assert await stored(unit_of_work, old) == old

    async def test_a_young_grant_may_have_nothing_on_it_yet(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(created_at=NOW))
        assert await _purge(unit_of_work) == 0
        assert await stored(unit_of_work, a_grant()) == a_grant()

    async def test_a_session_that_goes_takes_its_notices(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_session(expires_at=JUST_OVER), a_notice(at=NOW))
        assert await _purge(unit_of_work) == 2
        assert await stored(unit_of_work, a_notice()) is None

    async def test_an_empty_storage_is_clean(self, unit_of_work: OpenUnitOfWork) -> None:
        assert await _purge(unit_of_work) == 0

    async def test_a_purge_that_is_not_committed_removes_nothing(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), *OVER)
        async with unit_of_work() as work:
            assert await work.housekeeping.purge(NOW) == len(OVER)
        for value in OVER:
            assert await stored(unit_of_work, value) == value


async def _purge(unit_of_work: OpenUnitOfWork) -> int:
    async with unit_of_work() as work:
        removed = await work.housekeeping.purge(NOW)
        await work.commit()
        return removed
