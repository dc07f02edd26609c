"""The laws of links that share one upstream fate: they are known across users, and change one unit at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import attrs
import pytest

from pip_hub.adapters.contracts.samples import (
    NOW,
    a_link,
    a_provider_grant,
    a_revocation,
    a_user,
    an_account,
    an_activity_entry,
)
from pip_hub.adapters.contracts.storage.base import (
    LATER,
    MANY_LINES,
    RACERS,
    StorageContract,
    another_user,
    at_once,
    given,
    stored,
)
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.domain.connector_link import Attention, ConnectorLink
from pip_hub.domain.identifiers import ConnectorKey, ProviderKey, RevocationId, UserId
from pip_hub.domain.permission import Level
from pip_hub.domain.secret import Sealed
from pip_hub.domain.user import User

GMAIL, XERO = ConnectorKey("gmail"), ConnectorKey("xero")
PROVIDER, SUBJECT = a_link().provider, a_link().account.subject
GRANT = a_provider_grant()

Step = Callable[[UnitOfWork, UserId], Awaitable[int]]
"""What one unit does for one user; answers how many lines it has added to the log."""


def users() -> list[User]:
    """As many as there are racers."""
    return [another_user(number) for number in range(RACERS)]


@pytest.mark.anyio
class SharedFateContract(StorageContract):
    async def test_those_who_share_a_fate_are_found_across_users_in_order(self, unit_of_work: OpenUnitOfWork) -> None:
        sharing = [
            a_link(user_id=another_user().id, connector=GMAIL),
            a_link(),
            a_link(user_id=another_user().id),
            a_link(connector=GMAIL),
        ]
        others = [
            a_link(connector=ConnectorKey("another account"), account=an_account(subject="subject-2")),
            a_link(connector=ConnectorKey("another provider"), provider=ProviderKey("google")),
        ]
        await given(unit_of_work, a_user(), another_user(), *sharing, *others)
        async with unit_of_work() as work:
            found = await work.connector_links.sharing(PROVIDER, SUBJECT)
            assert list(found) == sorted(sharing, key=lambda link: (link.user_id, link.connector))
            assert await work.connector_links.sharing(PROVIDER, "nobody") == ()

    async def test_a_link_to_another_account_now_shares_that_ones_fate(self, unit_of_work: OpenUnitOfWork) -> None:
        moved = a_link(account=an_account(subject="subject-2"))
        await given(unit_of_work, a_user(), a_link())
        await given(unit_of_work, moved)
        async with unit_of_work() as work:
            assert await work.connector_links.sharing(PROVIDER, SUBJECT) == ()
            assert await work.connector_links.sharing(PROVIDER, "subject-2") == (moved,)

    async def test_sharing_with_others_is_told_apart_from_sharing_with_oneself(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        elsewhere = a_link(user_id=another_user().id, connector=GMAIL, provider=ProviderKey("google"))
        await given(unit_of_work, a_user(), another_user(), a_link(), a_link(connector=GMAIL), elsewhere)
        async with unit_of_work() as work:
            is_shared = work.connector_links.is_shared_by_others
            assert await is_shared(a_user().id, PROVIDER, SUBJECT) is False
            await work.connector_links.put(a_link(user_id=another_user().id))
            assert await is_shared(a_user().id, PROVIDER, SUBJECT) is True
            assert await is_shared(another_user().id, PROVIDER, SUBJECT) is True
            assert await is_shared(a_user().id, PROVIDER, "subject-2") is False

    async def test_of_all_who_leave_at_once_exactly_one_sees_that_it_is_the_last(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        await given(unit_of_work, *users(), *(a_link(user_id=user.id) for user in users()))
        remaining = await at_once([partial(_leave, unit_of_work, user.id) for user in users()])
        assert sorted(remaining) == list(range(RACERS))

    async def test_of_many_who_mark_what_has_ended_exactly_one_changes_it(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), another_user(), a_link(), a_link(user_id=another_user().id))
        marked = await at_once([partial(_mark, unit_of_work)] * RACERS)
        assert sorted(marked) == [0] * (RACERS - 1) + [2]

    async def test_whatever_happens_to_one_account_at_once_nothing_is_lost_and_tokens_live_as_long_as_links(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        people = users()
        half = people[: RACERS // 2]
        await given(unit_of_work, *people, GRANT, *(a_link(user_id=user.id) for user in half))
        steps: list[Step] = [_disconnect, _connect, _renew, _use, _change_level, _end]
        noted = await at_once([partial(_do, unit_of_work, step, user.id) for user in people for step in steps])
        async with unit_of_work() as work:
            links = await work.connector_links.sharing(PROVIDER, SUBJECT)
            lines = [line for user in people for line in await work.activity.of_user(user.id, MANY_LINES)]
        assert (await stored(unit_of_work, GRANT) is not None) is bool(links)
        assert sum(line.count for line in lines) == sum(noted)


async def _do(unit_of_work: OpenUnitOfWork, step: Step, user: UserId) -> int:
    async with unit_of_work() as work:
        noted = await step(work, user)
        await work.commit()
        return noted


async def _leave(unit_of_work: OpenUnitOfWork, user: UserId) -> int:
    """Disconnect, and answer how many share the fate still."""
    async with unit_of_work() as work:
        assert await work.connector_links.remove(user, XERO) is not None
        remaining = await work.connector_links.sharing(PROVIDER, SUBJECT)
        await work.commit()
        return len(remaining)


async def _mark(unit_of_work: OpenUnitOfWork) -> int:
    """Mark the links that are not marked yet, and answer how many those were."""
    async with unit_of_work() as work:
        links = await work.connector_links.sharing(PROVIDER, SUBJECT)
        fresh = [link for link in links if link.attention is None]
        for link in fresh:
            await work.connector_links.put(attrs.evolve(link, attention=Attention.GRANT_ENDED))
        await work.commit()
        return len(fresh)


# -- What the use cases do, in the order in which they do it -----------------------------------------------------------


async def _disconnect(work: UnitOfWork, user: UserId) -> int:
    link = await work.connector_links.remove(user, XERO)
    if link is None:
        return 0
    if not await work.connector_links.sharing(PROVIDER, SUBJECT):
        await work.provider_grants.remove(link.grant_id)
    await work.revocations.add(a_revocation(id=RevocationId(f"of {user}"), user_id=user))
    return await _note(work, link)


async def _connect(work: UnitOfWork, user: UserId) -> int:
    await work.connector_links.hold(user, XERO)
    await work.provider_grants.put(attrs.evolve(GRANT, sealed_tokens=Sealed(f"tokens of {user}")))
    await work.connector_links.put(a_link(user_id=user))
    return await _note(work, a_link(user_id=user))


async def _renew(work: UnitOfWork, _user: UserId) -> int:
    grant = await work.provider_grants.get(GRANT.id)
    if grant is not None:
        leased = await work.provider_grants.lease(grant.id, grant.generation, NOW, NOW + timedelta(seconds=40))
        if leased is not None:
            assert await work.provider_grants.replace(leased, leased.renewed(Sealed("renewed"), LATER))
    return 0


async def _use(work: UnitOfWork, user: UserId) -> int:
    return await _note(work, await work.connector_links.used(user, XERO, GRANT.id, LATER))


async def _change_level(work: UnitOfWork, user: UserId) -> int:
    link = await work.connector_links.hold(user, XERO)
    if link is not None:
        await work.connector_links.put(attrs.evolve(link, level=Level.WRITE))
    return await _note(work, link)


async def _end(work: UnitOfWork, _user: UserId) -> int:
    links = await work.connector_links.sharing(PROVIDER, SUBJECT)
    grant = await work.provider_grants.get(GRANT.id)
    if grant is None:
        return 0
    await work.provider_grants.end_lease(grant)
    for link in links:
        await work.connector_links.put(attrs.evolve(link, attention=Attention.GRANT_ENDED))
    return sum([await _note(work, link) for link in links])


async def _note(work: UnitOfWork, link: ConnectorLink | None) -> int:
    if link is None:
        return 0
    await work.activity.add(an_activity_entry(user_id=link.user_id))
    return 1
