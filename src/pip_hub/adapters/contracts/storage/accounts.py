"""The laws of users, sessions and notices."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from pip_hub.adapters.contracts.samples import NOW, a_digest, a_notice, a_session, a_user
from pip_hub.adapters.contracts.storage.base import (
    LATER,
    RACERS,
    StorageContract,
    at_once,
    given,
    race,
    stored,
)
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.domain.identifiers import UserId
from pip_hub.domain.user import Email, User


@pytest.mark.anyio
class UsersContract(StorageContract):
    async def test_a_user_is_found_by_email(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_user(id=UserId("user-2"), email=Email("other@example.com"))
        await given(unit_of_work, a_user(), other)
        async with unit_of_work() as work:
            assert await work.users.by_email(a_user().email) == a_user()
            assert await work.users.by_email(other.email) == other
            assert await work.users.by_email(Email("nobody@example.com")) is None

    async def test_an_email_that_is_taken_changes_nothing(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user())
        late = a_user(id=UserId("late"), password_hash="another")
        async with unit_of_work() as work:
            assert await work.users.add(late) is False
            await work.commit()
        assert await stored(unit_of_work, a_user()) == a_user()
        assert await stored(unit_of_work, late) is None

    async def test_of_many_who_register_one_email_exactly_one_gets_it(self, unit_of_work: OpenUnitOfWork) -> None:
        users = [a_user(id=UserId(f"user-{number}"), password_hash=f"{number}") for number in range(RACERS)]
        added = await at_once([partial(_register, unit_of_work, user) for user in users])
        assert sorted(added) == [False] * (RACERS - 1) + [True]
        async with unit_of_work() as work:
            assert await work.users.by_email(a_user().email) == users[added.index(True)]


@pytest.mark.anyio
class SessionsContract(StorageContract):
    async def test_an_expired_session_is_still_found(self, unit_of_work: OpenUnitOfWork) -> None:
        over = a_session(expires_at=NOW - timedelta(days=1))
        await given(unit_of_work, a_user(), over)
        assert await stored(unit_of_work, over) == over

    async def test_extending_changes_when_it_was_seen_and_when_it_ends(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_session(digest=a_digest("another session"))
        await given(unit_of_work, a_user(), a_session(), other)
        extended = a_session().seen(LATER, timedelta(days=60))
        async with unit_of_work() as work:
            await work.sessions.extend(extended)
            await work.commit()
        assert await stored(unit_of_work, extended) == extended
        assert await stored(unit_of_work, other) == other

    async def test_an_ended_session_stays_ended(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_session())
        async with unit_of_work() as work:
            await work.sessions.end(a_session().digest)
            await work.sessions.extend(a_session().seen(LATER, timedelta(days=60)))
            await work.commit()
        assert await stored(unit_of_work, a_session()) is None

    async def test_ending_a_session_takes_its_notices_and_no_others(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_session(digest=a_digest("another session"))
        others_notice = a_notice(session=other.digest)
        await given(unit_of_work, a_user(), a_session(), a_notice(), a_notice(), other, others_notice)
        async with unit_of_work() as work:
            await work.sessions.end(a_session().digest)
            await work.commit()
        async with unit_of_work() as work:
            assert await work.sessions.get(a_session().digest) is None
            assert await work.notices.take(a_session().digest) == ()
            assert await work.sessions.get(other.digest) == other
            assert await work.notices.take(other.digest) == (others_notice,)

    async def test_ending_a_session_twice_is_harmless(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_session())
        for _ in range(2):
            async with unit_of_work() as work:
                await work.sessions.end(a_session().digest)
                await work.commit()
        assert await stored(unit_of_work, a_session()) is None


@pytest.mark.anyio
class NoticesContract(StorageContract):
    async def test_notices_are_taken_oldest_first_and_once(self, unit_of_work: OpenUnitOfWork) -> None:
        third = a_notice(at=LATER, account="third")
        first = a_notice(account="first")
        second = a_notice(account="second")  # at the same time as the first, but added after it
        await given(unit_of_work, third, first, second)
        async with unit_of_work() as work:
            assert await work.notices.take(a_notice().session) == (first, second, third)
            assert await work.notices.take(a_notice().session) == ()
            await work.commit()
        async with unit_of_work() as work:
            assert await work.notices.take(a_notice().session) == ()

    async def test_a_session_is_never_told_what_is_meant_for_another(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_notice(session=a_digest("another session"))
        await given(unit_of_work, a_notice(), other)
        async with unit_of_work() as work:
            assert await work.notices.take(a_notice().session) == (a_notice(),)
            assert await work.notices.take(other.session) == (other,)

    async def test_a_notice_can_wait_for_a_session_that_has_ended(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_notice())
        async with unit_of_work() as work:
            assert await work.notices.take(a_notice().session) == (a_notice(),)

    async def test_notices_that_were_taken_in_vain_are_taken_again(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_notice())
        async with unit_of_work() as work:
            assert await work.notices.take(a_notice().session) == (a_notice(),)
        async with unit_of_work() as work:
            assert await work.notices.take(a_notice().session) == (a_notice(),)

    async def test_of_many_pages_each_notice_is_shown_on_one(self, unit_of_work: OpenUnitOfWork) -> None:
        notices = [a_notice(account=f"account {number}") for number in range(3)]
        await given(unit_of_work, *notices)

        async def take(work: UnitOfWork) -> list[str | None]:
            return [notice.account for notice in await work.notices.take(a_notice().session)]

        shown = [account for page in await race(unit_of_work, take) for account in page]
        assert sorted(str(account) for account in shown) == [notice.account for notice in notices]


async def _register(unit_of_work: OpenUnitOfWork, user: User) -> bool:
    async with unit_of_work() as work:
        added = await work.users.add(user)
        await work.commit()
        return added
