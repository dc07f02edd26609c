"""The laws of what is still owed to a provider."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from pip_hub.adapters.contracts.samples import NOW, a_provider_grant, a_revocation, a_user
from pip_hub.adapters.contracts.storage.base import (
    LATER,
    MICROSECOND,
    StorageContract,
    another_user,
    given,
    only_winner,
    stored,
)
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.identifiers import RevocationId, UserId
from pip_hub.domain.secret import Sealed

OTHER = a_revocation(id=RevocationId("revocation-2"))
"""Another one of the same grant."""


@pytest.mark.anyio
class RevocationsContract(StorageContract):
    async def test_what_is_due_is_answered_the_longest_waiting_first(self, unit_of_work: OpenUnitOfWork) -> None:
        due = NOW + timedelta(hours=1)
        revocations = [
            a_revocation(id=RevocationId("just due"), next_try_at=due),
            a_revocation(id=RevocationId("not yet"), next_try_at=due + MICROSECOND),
            a_revocation(id=RevocationId("long due"), next_try_at=NOW, tries=3),
        ]
        await given(unit_of_work, *revocations)
        async with unit_of_work() as work:
            assert await work.revocations.due(due) == (revocations[2], revocations[0])
            assert await work.revocations.due(NOW - MICROSECOND) == ()

    async def test_a_user_sees_what_is_owed_for_them_the_oldest_first(self, unit_of_work: OpenUnitOfWork) -> None:
        young, old = attrs.evolve(OTHER, created_at=LATER), a_revocation(next_try_at=LATER)
        others = a_revocation(id=RevocationId("revocation-3"), user_id=another_user().id)
        await given(unit_of_work, young, old, others)
        async with unit_of_work() as work:
            assert await work.revocations.of_user(a_user().id) == (old, young)
            assert await work.revocations.of_user(another_user().id) == (others,)
            assert await work.revocations.of_user(UserId("nobody")) == ()

    async def test_postponing_changes_tries_and_time_of_that_one(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_revocation(), OTHER)
        postponed = a_revocation().postponed(NOW)
        async with unit_of_work() as work:
            await work.revocations.postpone(attrs.evolve(postponed, sealed_tokens=Sealed("not stored")))
            await work.commit()
        async with unit_of_work() as work:
            assert await work.revocations.due(NOW) == (OTHER,)
            assert await work.revocations.due(postponed.next_try_at) == (OTHER, postponed)

    async def test_what_is_settled_is_answered_and_stays_gone(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_revocation(), OTHER)
        async with unit_of_work() as work:
            assert await work.revocations.settle(a_revocation().id) == a_revocation()
            assert await work.revocations.settle(a_revocation().id) is None
            await work.revocations.postpone(a_revocation().postponed(NOW))
            await work.commit()
        async with unit_of_work() as work:
            assert await work.revocations.due(NOW + timedelta(days=7)) == (OTHER,)

    async def test_of_many_who_settle_a_revocation_exactly_one_gets_it(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_revocation())
        settled = await only_winner(unit_of_work, lambda work: work.revocations.settle(a_revocation().id))
        assert settled == a_revocation()

    async def test_a_revocation_takes_the_place_of_its_grant(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_provider_grant())
        async with unit_of_work() as work:
            removed = await work.provider_grants.remove(a_provider_grant().id)
            assert removed is not None
            await work.revocations.add(a_revocation(sealed_tokens=removed.sealed_tokens))
            await work.commit()
        assert await stored(unit_of_work, a_revocation()) == a_revocation()
        assert await stored(unit_of_work, a_provider_grant()) is None
