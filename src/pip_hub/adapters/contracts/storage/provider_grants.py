"""The laws of provider grants, and of the revocations they leave behind."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import attrs
import pytest

from pip_hub.adapters.contracts.samples import NOW, a_link, a_provider_grant, a_revocation, a_user
from pip_hub.adapters.contracts.storage.base import (
    MICROSECOND,
    RACERS,
    StorageContract,
    at_once,
    given,
    only_winner,
    stored,
)
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, ProviderKey, UserId
from pip_hub.domain.provider_grant import ProviderGrant
from pip_hub.domain.secret import Sealed
from pip_hub.domain.user import Email, User

GMAIL, XERO = ConnectorKey("gmail"), ConnectorKey("xero")


def another_user() -> User:
    return a_user(id=UserId("user-2"), email=Email("other@example.com"))


@pytest.mark.anyio
class ProviderGrantsContract(StorageContract):
    async def test_those_who_share_a_fate_are_found_across_users_by_id(self, unit_of_work: OpenUnitOfWork) -> None:
        sharing = [
            a_provider_grant(id=ProviderGrantId("c")),
            a_provider_grant(id=ProviderGrantId("a"), user_id=another_user().id),
            a_provider_grant(id=ProviderGrantId("B"), connector=GMAIL),
        ]
        await given(
            unit_of_work,
            a_user(),
            another_user(),
            *sharing,
            a_provider_grant(id=ProviderGrantId("another subject"), subject="subject-2"),
            a_provider_grant(id=ProviderGrantId("another provider"), provider=ProviderKey("google")),
        )
        async with unit_of_work() as work:
            found = await work.provider_grants.sharing(ProviderKey("xero"), "subject-1")
            assert list(found) == sorted(sharing, key=lambda grant: grant.id)
            assert await work.provider_grants.sharing(ProviderKey("xero"), "nobody") == ()

    async def test_a_removed_grant_is_answered_once_and_gone(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_provider_grant(id=ProviderGrantId("provider-grant-2"))
        await given(unit_of_work, a_user(), a_provider_grant(), other)
        async with unit_of_work() as work:
            assert await work.provider_grants.remove(a_provider_grant().id) == a_provider_grant()
            assert await work.provider_grants.remove(a_provider_grant().id) is None
            await work.commit()
        async with unit_of_work() as work:
            assert await work.provider_grants.sharing(ProviderKey("xero"), "subject-1") == (other,)

    async def test_of_many_who_remove_a_grant_exactly_one_gets_it(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_provider_grant())
        removed = await only_winner(unit_of_work, lambda work: work.provider_grants.remove(a_provider_grant().id))
        assert removed == a_provider_grant()

    async def test_of_all_who_leave_at_once_exactly_one_sees_that_it_is_the_last(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        grants = [a_provider_grant(id=ProviderGrantId(f"provider-grant-{number}")) for number in range(RACERS)]
        await given(unit_of_work, a_user(), *grants)
        remaining = await at_once([partial(_leave, unit_of_work, grant) for grant in grants])
        assert sorted(remaining) == list(range(RACERS))

    async def test_a_grant_can_be_removed_before_its_link(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_link(), a_provider_grant())
        async with unit_of_work() as work:
            assert await work.provider_grants.remove(a_provider_grant().id) == a_provider_grant()
            await work.commit()
        assert await stored(unit_of_work, a_link()) == a_link()


@pytest.mark.anyio
class RevocationsContract(StorageContract):
    async def test_what_is_due_is_answered_the_longest_waiting_first(self, unit_of_work: OpenUnitOfWork) -> None:
        due = NOW + timedelta(hours=1)
        revocations = [
            a_revocation(grant_id=ProviderGrantId("just due"), next_try_at=due),
            a_revocation(grant_id=ProviderGrantId("not yet"), next_try_at=due + MICROSECOND),
            a_revocation(grant_id=ProviderGrantId("long due"), next_try_at=NOW, tries=3),
        ]
        await given(unit_of_work, *revocations)
        async with unit_of_work() as work:
            assert await work.revocations.due(due) == (revocations[2], revocations[0])
            assert await work.revocations.due(NOW - MICROSECOND) == ()

    async def test_postponing_changes_tries_and_time_of_that_one(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_revocation(grant_id=ProviderGrantId("provider-grant-2"))
        await given(unit_of_work, a_revocation(), other)
        postponed = a_revocation().postponed(NOW)
        async with unit_of_work() as work:
            await work.revocations.postpone(attrs.evolve(postponed, sealed_tokens=Sealed("not stored")))
            await work.commit()
        async with unit_of_work() as work:
            assert await work.revocations.due(NOW) == (other,)
            assert await work.revocations.due(postponed.next_try_at) == (other, postponed)

    async def test_what_is_settled_is_gone_and_stays_gone(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_revocation(grant_id=ProviderGrantId("provider-grant-2"))
        await given(unit_of_work, a_revocation(), other)
        async with unit_of_work() as work:
            await work.revocations.settle(a_revocation().grant_id)
            await work.revocations.settle(a_revocation().grant_id)
            await work.revocations.postpone(a_revocation().postponed(NOW))
            await work.commit()
        async with unit_of_work() as work:
            assert await work.revocations.due(NOW + timedelta(days=7)) == (other,)

    async def test_a_revocation_takes_the_place_of_its_grant(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_provider_grant())
        async with unit_of_work() as work:
            removed = await work.provider_grants.remove(a_provider_grant().id)
            assert removed is not None
            await work.revocations.add(a_revocation(sealed_tokens=removed.sealed_tokens))
            await work.commit()
        async with unit_of_work() as work:
            assert await work.revocations.due(NOW) == (a_revocation(),)


async def _leave(unit_of_work: OpenUnitOfWork, grant: ProviderGrant) -> int:
    """End one grant, and answer how many share its fate still."""
    async with unit_of_work() as work:
        sharing = await work.provider_grants.sharing(grant.provider, grant.subject)
        assert await work.provider_grants.remove(grant.id) == grant
        await work.commit()
        return len(sharing) - 1
