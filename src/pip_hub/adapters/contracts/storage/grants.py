"""The laws of grants: an approval ends with everything that hangs on it."""

from __future__ import annotations

from functools import partial

import pytest

from pip_hub.adapters.contracts.samples import (
    NOW,
    a_code,
    a_digest,
    a_grant,
    a_refresh_token,
    a_user,
    an_access_token,
)
from pip_hub.adapters.contracts.storage.base import (
    LATER,
    Entity,
    StorageContract,
    at_once,
    given,
    stored,
)
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.grant import AccessToken, RefreshToken
from pip_hub.domain.identifiers import FlowId, GrantId

ROUNDS = 10
"""A race between two is run this often, since each time it may go one way or the other."""


def of_another_grant() -> tuple[Entity, ...]:
    """A second grant of the same user, with everything on it."""
    other = GrantId("grant-2")
    return (
        a_grant(id=other),
        a_code(grant_id=other, digest=a_digest("another code"), flow_id=FlowId("flow-2")),
        an_access_token(grant_id=other, digest=a_digest("another access token")),
        a_refresh_token(grant_id=other, digest=a_digest("another refresh token")),
    )


@pytest.mark.anyio
class GrantsContract(StorageContract):
    async def test_revoking_a_grant_ends_all_that_hangs_on_it(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_code(), an_access_token(), a_refresh_token())
        async with unit_of_work() as work:
            await work.grants.revoke(a_grant().id, LATER)
            await work.commit()
        async with unit_of_work() as work:
            assert await work.grants.get(a_grant().id) == a_grant(revoked_at=LATER)
            assert await work.authorization_codes.get(a_code().digest) == a_code(redeemed_at=LATER, sealed_code=None)
            assert await work.access_tokens.get(an_access_token().digest) == an_access_token(revoked_at=LATER)
            assert await work.refresh_tokens.get(a_refresh_token().digest) == a_refresh_token(rotated_at=LATER)
            assert await work.authorization_codes.redeem(a_code().digest, LATER) is None
            assert await work.refresh_tokens.rotate(a_refresh_token().digest, LATER) is None

    async def test_what_ended_before_keeps_its_time(self, unit_of_work: OpenUnitOfWork) -> None:
        ended: tuple[Entity, ...] = (
            a_grant(revoked_at=NOW),
            a_code(redeemed_at=NOW, sealed_code=None),
            an_access_token(revoked_at=NOW),
            a_refresh_token(rotated_at=NOW),
        )
        await given(unit_of_work, a_user(), *ended)
        async with unit_of_work() as work:
            await work.grants.revoke(a_grant().id, LATER)
            await work.commit()
        assert [await stored(unit_of_work, value) for value in ended] == list(ended)

    async def test_a_grant_revoked_before_still_takes_along_what_came_late(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(revoked_at=NOW), an_access_token())
        async with unit_of_work() as work:
            await work.grants.revoke(a_grant().id, LATER)
            await work.commit()
        assert await stored(unit_of_work, an_access_token()) == an_access_token(revoked_at=LATER)

    async def test_revoking_one_grant_leaves_the_others(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_code(), *of_another_grant())
        async with unit_of_work() as work:
            await work.grants.revoke(a_grant().id, LATER)
            await work.grants.revoke(GrantId("unknown"), LATER)
            await work.commit()
        assert [await stored(unit_of_work, value) for value in of_another_grant()] == list(of_another_grant())

    @pytest.mark.parametrize("_round", range(ROUNDS))
    async def test_no_token_survives_its_grant_when_both_change_at_once(
        self, unit_of_work: OpenUnitOfWork, _round: int
    ) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_refresh_token())
        fresh_refresh = a_refresh_token(digest=a_digest("the next refresh token"))
        fresh_access = an_access_token(digest=a_digest("the next access token"))
        await at_once([partial(_rotate, unit_of_work, fresh_refresh, fresh_access), partial(_revoke, unit_of_work)])
        for token in (a_refresh_token(), fresh_refresh, fresh_access):
            found = await stored(unit_of_work, token)
            assert found is None or (isinstance(found, AccessToken | RefreshToken) and not found.is_live(LATER))

    @pytest.mark.parametrize("_round", range(ROUNDS))
    async def test_no_token_survives_its_grant_when_a_code_is_redeemed_at_once(
        self, unit_of_work: OpenUnitOfWork, _round: int
    ) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_code())
        await at_once([partial(_redeem, unit_of_work, an_access_token()), partial(_revoke, unit_of_work)])
        found = await stored(unit_of_work, an_access_token())
        assert found is None or (isinstance(found, AccessToken) and not found.is_live(LATER))


async def _rotate(unit_of_work: OpenUnitOfWork, refresh: RefreshToken, access: AccessToken) -> None:
    async with unit_of_work() as work:
        if await work.refresh_tokens.rotate(a_refresh_token().digest, NOW) is not None:
            await work.refresh_tokens.add(refresh)
            await work.access_tokens.add(access)
        await work.commit()


async def _redeem(unit_of_work: OpenUnitOfWork, access: AccessToken) -> None:
    async with unit_of_work() as work:
        if await work.authorization_codes.redeem(a_code().digest, NOW) is not None:
            await work.access_tokens.add(access)
        await work.commit()


async def _revoke(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as work:
        await work.grants.revoke(a_grant().id, NOW)
        await work.commit()
