"""The laws of renewing: one worker at a time has the lease, and one answer takes the place of a generation."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs
import pytest

from pip_hub.adapters.contracts.samples import NOW, a_provider_grant
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
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.domain.identifiers import ProviderGrantId
from pip_hub.domain.provider_grant import ProviderGrant
from pip_hub.domain.secret import Sealed

UNTIL = NOW + timedelta(seconds=40)
LEASED = a_provider_grant(lease_until=UNTIL)
RENEWED = LEASED.renewed(Sealed("renewed tokens"), LATER)
OTHER = a_provider_grant(id=ProviderGrantId("provider-grant-2"))
FRESH = a_provider_grant(sealed_tokens=Sealed("fresh tokens"), refreshed_at=LATER)
"""What another authorization of the same account brought."""


@pytest.mark.anyio
class LeasesContract(StorageContract):
    async def test_a_lease_is_answered_with_the_grant_and_kept(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_provider_grant(), OTHER)
        assert await _lease(unit_of_work) == LEASED
        assert await stored(unit_of_work, LEASED) == LEASED
        assert await stored(unit_of_work, OTHER) == OTHER

    async def test_nobody_else_gets_the_lease_while_it_runs(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_provider_grant())
        await _lease(unit_of_work)
        assert await _lease(unit_of_work) is None
        assert await _lease(unit_of_work, at=UNTIL - MICROSECOND) is None
        assert await stored(unit_of_work, LEASED) == LEASED

    async def test_a_lease_that_has_run_out_lets_the_next_in(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_provider_grant())
        await _lease(unit_of_work)
        until = UNTIL + timedelta(seconds=40)
        assert await _lease(unit_of_work, at=UNTIL, until=until) == attrs.evolve(LEASED, lease_until=until)
        assert await _lease(unit_of_work, at=UNTIL, until=until) is None

    async def test_a_generation_that_is_gone_is_not_leased(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_provider_grant(generation=3))
        async with unit_of_work() as work:
            for generation in (0, 2, 4):
                assert await work.provider_grants.lease(a_provider_grant().id, generation, NOW, UNTIL) is None
            assert await work.provider_grants.lease(ProviderGrantId("unknown"), 3, NOW, UNTIL) is None

    async def test_of_many_who_lease_exactly_one_gets_it(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_provider_grant())
        assert await only_winner(unit_of_work, _lease_in) == LEASED

    async def test_of_many_who_wait_for_a_lease_to_run_out_exactly_one_gets_it(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        await given(unit_of_work, a_provider_grant(lease_until=NOW))
        assert await only_winner(unit_of_work, _lease_in) == LEASED

    async def test_a_lease_in_vain_is_no_lease(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_provider_grant())
        for _ in range(2):
            async with unit_of_work() as work:
                assert await _lease_in(work) == LEASED

    async def test_renewed_tokens_take_the_place_of_the_generation_before(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, LEASED, OTHER)
        assert await _replace(unit_of_work, RENEWED) is True
        assert await stored(unit_of_work, RENEWED) == RENEWED
        assert RENEWED.lease_until is None
        assert await stored(unit_of_work, OTHER) == OTHER

    async def test_a_generation_is_replaced_once(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, LEASED)
        await _replace(unit_of_work, RENEWED)
        assert await _replace(unit_of_work, attrs.evolve(RENEWED, sealed_tokens=Sealed("late"))) is False
        assert await stored(unit_of_work, RENEWED) == RENEWED

    async def test_of_many_who_replace_a_generation_exactly_one_does(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, LEASED)
        done = await race(unit_of_work, lambda work: work.provider_grants.replace(LEASED, RENEWED))
        assert sorted(done) == [False] * (RACERS - 1) + [True]

    async def test_an_answer_after_the_lease_ran_out_counts_no_more_once_another_has_it(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        await given(unit_of_work, LEASED)
        next_one = await _lease(unit_of_work, at=UNTIL, until=UNTIL + timedelta(seconds=40))
        assert next_one is not None
        assert await _replace(unit_of_work, RENEWED) is False
        assert await stored(unit_of_work, LEASED) == next_one

    async def test_an_answer_to_old_tokens_does_not_use_the_lease_on_tokens_connected_anew(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        await given(unit_of_work, LEASED)
        async with unit_of_work() as work:
            await work.provider_grants.remove(LEASED.id)
            await work.provider_grants.put(FRESH)
            anew = await work.provider_grants.lease(FRESH.id, 0, UNTIL, UNTIL + timedelta(seconds=40))
            await work.commit()
        assert anew is not None
        assert await _replace(unit_of_work, RENEWED) is False
        assert await stored(unit_of_work, FRESH) == anew

    async def test_a_pause_the_provider_asked_for_keeps_everybody_away_until_then(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        await given(unit_of_work, LEASED)
        pause = UNTIL + timedelta(minutes=5)
        async with unit_of_work() as work:
            await work.provider_grants.end_lease(LEASED, pause)
            await work.commit()
        assert await _lease(unit_of_work, at=pause - MICROSECOND) is None
        assert await _lease(unit_of_work, at=pause, until=pause + timedelta(seconds=40)) is not None

    async def test_fresh_tokens_put_during_a_lease_are_not_replaced(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, LEASED, FRESH)
        assert await _replace(unit_of_work, RENEWED) is False
        assert await stored(unit_of_work, FRESH) == attrs.evolve(FRESH, generation=1)

    async def test_tokens_connected_anew_are_not_replaced_by_an_answer_to_the_old(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        await given(unit_of_work, LEASED)
        async with unit_of_work() as work:
            await work.provider_grants.remove(LEASED.id)
            assert await work.provider_grants.replace(LEASED, RENEWED) is False
            await work.provider_grants.put(FRESH)
            await work.commit()
        assert await _replace(unit_of_work, RENEWED) is False
        assert await stored(unit_of_work, FRESH) == FRESH

    async def test_a_lease_given_back_lets_the_next_in_at_once(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, LEASED, attrs.evolve(OTHER, lease_until=UNTIL))
        await _end_lease(unit_of_work, LEASED)
        assert await stored(unit_of_work, LEASED) == a_provider_grant()
        assert await stored(unit_of_work, OTHER) == attrs.evolve(OTHER, lease_until=UNTIL)
        assert await _lease(unit_of_work) == LEASED

    async def test_a_lease_that_ran_out_is_given_back_without_ending_the_next(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        await given(unit_of_work, LEASED)
        next_one = await _lease(unit_of_work, at=UNTIL, until=UNTIL + timedelta(seconds=40))
        assert next_one is not None
        await _end_lease(unit_of_work, LEASED)
        assert await stored(unit_of_work, LEASED) == next_one

    async def test_giving_a_lease_back_is_harmless_when_the_generation_is_gone(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        newer = attrs.evolve(LEASED, generation=1)
        await given(unit_of_work, newer)
        await _end_lease(unit_of_work, LEASED)
        await _end_lease(unit_of_work, attrs.evolve(OTHER, lease_until=UNTIL))
        assert await stored(unit_of_work, newer) == newer
        assert await stored(unit_of_work, OTHER) is None


async def _lease_in(work: UnitOfWork) -> ProviderGrant | None:
    return await work.provider_grants.lease(LEASED.id, 0, NOW, UNTIL)


async def _lease(unit_of_work: OpenUnitOfWork, *, at: datetime = NOW, until: datetime = UNTIL) -> ProviderGrant | None:
    async with unit_of_work() as work:
        leased = await work.provider_grants.lease(LEASED.id, 0, at, until)
        await work.commit()
        return leased


async def _replace(unit_of_work: OpenUnitOfWork, renewed: ProviderGrant) -> bool:
    async with unit_of_work() as work:
        is_kept = await work.provider_grants.replace(LEASED, renewed)
        await work.commit()
        return is_kept


async def _end_lease(unit_of_work: OpenUnitOfWork, leased: ProviderGrant) -> None:
    async with unit_of_work() as work:
        await work.provider_grants.end_lease(leased)
        await work.commit()
