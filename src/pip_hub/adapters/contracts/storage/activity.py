"""The laws of the activity log: everybody reads their own, the newest first, and one group is one line."""

from __future__ import annotations

import pytest

from pip_hub.adapters.contracts.samples import NOW, a_user, an_activity_entry
from pip_hub.adapters.contracts.storage.base import (
    LATER,
    MICROSECOND,
    RACERS,
    StorageContract,
    another_user,
    given,
    race,
    stored,
)
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.identifiers import UserId


@pytest.mark.anyio
class ActivityContract(StorageContract):
    async def test_the_newest_line_comes_first_and_there_are_no_more_than_asked_for(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        old, young, middle = (
            an_activity_entry(group=group, at=at)
            for group, at in (("old", NOW), ("young", LATER), ("middle", LATER - MICROSECOND))
        )
        await given(unit_of_work, a_user(), old, young, middle)
        async with unit_of_work() as work:
            assert await work.activity.of_user(a_user().id, 10) == (young, middle, old)
            assert await work.activity.of_user(a_user().id, 2) == (young, middle)

    async def test_of_two_at_the_same_time_the_one_added_later_comes_first(self, unit_of_work: OpenUnitOfWork) -> None:
        lines = [an_activity_entry(group=group) for group in ("b", "c", "a")]
        await given(unit_of_work, a_user(), *lines)
        async with unit_of_work() as work:
            assert await work.activity.of_user(a_user().id, 10) == tuple(reversed(lines))

    async def test_a_group_is_one_line_with_the_latest_time_and_a_count(self, unit_of_work: OpenUnitOfWork) -> None:
        again = an_activity_entry(kind=ActivityKind.CONNECTED, detail="not kept", client="not kept", at=LATER)
        await given(unit_of_work, a_user(), an_activity_entry(), an_activity_entry(at=NOW + MICROSECOND), again)
        assert await stored(unit_of_work, an_activity_entry()) == an_activity_entry(at=LATER, count=3)

    async def test_a_line_that_goes_on_comes_to_the_front(self, unit_of_work: OpenUnitOfWork) -> None:
        other = an_activity_entry(group="other", at=NOW + MICROSECOND)
        await given(unit_of_work, a_user(), an_activity_entry(), other, an_activity_entry(at=LATER))
        async with unit_of_work() as work:
            assert await work.activity.of_user(a_user().id, 10) == (an_activity_entry(at=LATER, count=2), other)

    async def test_a_user_reads_the_own_log_and_nobody_elses(self, unit_of_work: OpenUnitOfWork) -> None:
        others = an_activity_entry(user_id=another_user().id, at=LATER)
        await given(unit_of_work, a_user(), another_user(), an_activity_entry(), others)
        async with unit_of_work() as work:
            assert await work.activity.of_user(a_user().id, 10) == (an_activity_entry(),)
            assert await work.activity.of_user(another_user().id, 10) == (others,)
            assert await work.activity.of_user(UserId("nobody"), 10) == ()

    async def test_of_many_who_add_to_one_line_everybody_counts(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user())
        await race(unit_of_work, lambda work: work.activity.add(an_activity_entry()))
        assert await stored(unit_of_work, an_activity_entry()) == an_activity_entry(count=RACERS)
