"""The laws of provider grants: one row per token set, put, removed, and found when it was idle for long."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from pip_hub.adapters.contracts.samples import NOW, a_link, a_provider_grant, a_user
from pip_hub.adapters.contracts.storage.base import (
    LATER,
    MICROSECOND,
    RACERS,
    StorageContract,
    given,
    only_winner,
    race,
    stored,
)
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.identifiers import ProviderGrantId, ProviderKey
from pip_hub.domain.provider_grant import ProviderGrant
from pip_hub.domain.secret import Sealed

FRESH = a_provider_grant(sealed_tokens=Sealed("fresh tokens"), refreshed_at=LATER)
"""What another authorization of the same account brought."""


@pytest.mark.anyio
class ProviderGrantsContract(StorageContract):
    async def test_fresh_tokens_replace_the_old_and_the_generations_go_on(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_provider_grant(id=ProviderGrantId("provider-grant-2"))
        await given(unit_of_work, a_provider_grant(generation=7), other, FRESH)
        assert await stored(unit_of_work, FRESH) == attrs.evolve(FRESH, generation=8)
        assert await stored(unit_of_work, other) == other

    async def test_fresh_tokens_are_leased_by_nobody(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_provider_grant(lease_until=LATER))
        await given(unit_of_work, attrs.evolve(FRESH, lease_until=LATER))
        found = await stored(unit_of_work, FRESH)
        assert isinstance(found, ProviderGrant)
        assert found.lease_until is None

    async def test_of_many_who_connect_at_once_each_begins_a_generation(self, unit_of_work: OpenUnitOfWork) -> None:
        await race(unit_of_work, lambda work: work.provider_grants.put(FRESH))
        assert await stored(unit_of_work, FRESH) == attrs.evolve(FRESH, generation=RACERS - 1)

    async def test_a_removed_grant_is_answered_once_and_gone(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_provider_grant(id=ProviderGrantId("provider-grant-2"))
        await given(unit_of_work, a_provider_grant(), other)
        async with unit_of_work() as work:
            assert await work.provider_grants.remove(a_provider_grant().id) == a_provider_grant()
            assert await work.provider_grants.remove(a_provider_grant().id) is None
            await work.commit()
        assert await stored(unit_of_work, a_provider_grant()) is None
        assert await stored(unit_of_work, other) == other

    async def test_of_many_who_remove_a_grant_exactly_one_gets_it(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_provider_grant())
        removed = await only_winner(unit_of_work, lambda work: work.provider_grants.remove(a_provider_grant().id))
        assert removed == a_provider_grant()

    async def test_a_grant_can_be_removed_before_its_link(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_link(), a_provider_grant())
        async with unit_of_work() as work:
            assert await work.provider_grants.remove(a_provider_grant().id) == a_provider_grant()
            await work.commit()
        assert await stored(unit_of_work, a_link()) == a_link()

    async def test_idle_grants_of_a_provider_are_found_the_longest_idle_first(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        before = NOW + timedelta(days=30)
        just, not_yet, long, longest = (
            a_provider_grant(id=ProviderGrantId(name), refreshed_at=at)
            for name, at in (
                ("a", before - MICROSECOND),
                ("b", before),
                ("c", NOW + MICROSECOND),
                ("d", NOW),
            )
        )
        elsewhere = a_provider_grant(id=ProviderGrantId("e"), provider=ProviderKey("google"))
        await given(unit_of_work, just, not_yet, long, longest, elsewhere)
        async with unit_of_work() as work:
            assert await work.provider_grants.idle(ProviderKey("xero"), before, 10) == (longest, long, just)
            assert await work.provider_grants.idle(ProviderKey("xero"), before, 2) == (longest, long)
            assert await work.provider_grants.idle(ProviderKey("google"), before, 10) == (elsewhere,)
            assert await work.provider_grants.idle(ProviderKey("xero"), NOW, 10) == ()
