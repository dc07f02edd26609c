"""The laws of connector links: one per user and connector, and nobody sees another's."""

from __future__ import annotations

from functools import partial

import attrs
import pytest

from pip_hub.adapters.contracts.samples import a_link, a_user, an_account
from pip_hub.adapters.contracts.storage.base import (
    LATER,
    RACERS,
    StorageContract,
    another_user,
    at_once,
    given,
    only_winner,
    stored,
)
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, UserId
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes

GMAIL, XERO = ConnectorKey("gmail"), ConnectorKey("xero")


@pytest.mark.anyio
class ConnectorLinksContract(StorageContract):
    async def test_a_first_link_replaces_nothing(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), another_user(), a_link(user_id=another_user().id), a_link(connector=GMAIL))
        async with unit_of_work() as work:
            assert await work.connector_links.put(a_link()) is None

    async def test_a_second_link_replaces_the_first_and_answers_it(self, unit_of_work: OpenUnitOfWork) -> None:
        second = a_link(
            grant_id=ProviderGrantId("provider-grant-2"),
            account=an_account(subject="subject-2", organisation=None),
            level=Level.WRITE,
            connected_at=LATER,
        )
        await given(unit_of_work, a_user(), a_link())
        async with unit_of_work() as work:
            assert await work.connector_links.put(second) == a_link()
            await work.commit()
        async with unit_of_work() as work:
            assert await work.connector_links.of_user(a_user().id) == (second,)

    async def test_a_user_sees_the_own_links_by_connector_and_nobody_elses(self, unit_of_work: OpenUnitOfWork) -> None:
        own = [a_link(connector=ConnectorKey(key)) for key in ("xero", "Zoho", "gmail", "a-b", "a_b")]
        others = a_link(user_id=another_user().id, connector=GMAIL)
        await given(unit_of_work, a_user(), another_user(), *own, others)
        async with unit_of_work() as work:
            links = await work.connector_links.of_user(a_user().id)
            assert list(links) == sorted(own, key=lambda link: link.connector)
            assert await work.connector_links.of_user(another_user().id) == (others,)
            assert await work.connector_links.of_user(UserId("nobody")) == ()
            assert await work.connector_links.get(another_user().id, XERO) is None

    async def test_changing_links_touches_no_other_users(self, unit_of_work: OpenUnitOfWork) -> None:
        others = (a_link(user_id=another_user().id), a_link(user_id=another_user().id, connector=GMAIL))
        await given(unit_of_work, a_user(), another_user(), a_link(), a_link(connector=GMAIL), *others)
        async with unit_of_work() as work:
            await work.connector_links.put(a_link(level=Level.WRITE))
            assert await work.connector_links.remove(a_user().id, GMAIL) == a_link(connector=GMAIL)
            await work.commit()
        async with unit_of_work() as work:
            assert set(await work.connector_links.of_user(another_user().id)) == set(others)
            assert await work.connector_links.of_user(a_user().id) == (a_link(level=Level.WRITE),)

    async def test_a_link_that_is_held_is_answered_as_it_is(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), another_user(), a_link(), a_link(connector=GMAIL))
        async with unit_of_work() as work:
            assert await work.connector_links.hold(a_user().id, XERO) == a_link()
            assert await work.connector_links.hold(another_user().id, XERO) is None
            assert await work.connector_links.hold(a_user().id, ConnectorKey("sheets")) is None
            await work.connector_links.put(a_link(level=Level.WRITE))
            assert await work.connector_links.hold(a_user().id, XERO) == a_link(level=Level.WRITE)

    async def test_of_many_who_hold_and_change_a_link_no_change_is_lost(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_link(granted=Scopes()))
        await at_once([partial(_grant, unit_of_work, f"scope-{number}") for number in range(RACERS)])
        changed = await stored(unit_of_work, a_link())
        assert changed == a_link(granted=Scopes.of(*(f"scope-{number}" for number in range(RACERS))))

    async def test_a_use_is_noted_and_answered(self, unit_of_work: OpenUnitOfWork) -> None:
        untouched = (a_link(connector=GMAIL), a_link(user_id=another_user().id))
        await given(unit_of_work, a_user(), another_user(), a_link(), *untouched)
        async with unit_of_work() as work:
            used = await work.connector_links.used(a_user().id, XERO, a_link().grant_id, LATER)
            await work.commit()
        assert used == await stored(unit_of_work, a_link()) == a_link(last_used_at=LATER)
        assert [await stored(unit_of_work, link) for link in untouched] == list(untouched)

    async def test_a_link_that_hangs_on_another_grant_by_now_is_not_used(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_link(grant_id=ProviderGrantId("provider-grant-2")))
        async with unit_of_work() as work:
            assert await work.connector_links.used(a_user().id, XERO, a_link().grant_id, LATER) is None
            assert await work.connector_links.used(a_user().id, GMAIL, a_link().grant_id, LATER) is None
            await work.commit()
        assert await stored(unit_of_work, a_link()) == a_link(grant_id=ProviderGrantId("provider-grant-2"))

    async def test_a_removed_link_is_answered_once_and_gone(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_link())
        async with unit_of_work() as work:
            assert await work.connector_links.remove(a_user().id, XERO) == a_link()
            assert await work.connector_links.remove(a_user().id, XERO) is None
            await work.commit()
        assert await stored(unit_of_work, a_link()) is None

    async def test_of_many_who_remove_a_link_exactly_one_gets_it(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_link())
        removed = await only_winner(unit_of_work, lambda work: work.connector_links.remove(a_user().id, XERO))
        assert removed == a_link()

    async def test_of_many_who_connect_each_is_answered_the_one_before(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user())
        links = [a_link(grant_id=ProviderGrantId(f"provider-grant-{number}")) for number in range(RACERS)]
        replaced = await at_once([partial(_put, unit_of_work, link) for link in links])
        last = await stored(unit_of_work, a_link())
        # One replaced nothing, one was replaced by nobody, and every other link was answered exactly once.
        assert replaced.count(None) == 1
        assert {link for link in replaced if link is not None} | {last} == set(links)

    async def test_connecting_and_disconnecting_at_once_loses_no_link(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user())
        links = [a_link(grant_id=ProviderGrantId(f"provider-grant-{number}")) for number in range(RACERS)]
        calls = [call for link in links for call in (partial(_put, unit_of_work, link), partial(_remove, unit_of_work))]
        answered = [link for link in await at_once(calls) if link is not None]
        last = await stored(unit_of_work, a_link())
        assert sorted(link.grant_id for link in [*answered, *([last] if isinstance(last, ConnectorLink) else [])]) == (
            sorted(link.grant_id for link in links)
        )


async def _grant(unit_of_work: OpenUnitOfWork, scope: str) -> None:
    """Add to what is granted, as whoever reads before writing does."""
    async with unit_of_work() as work:
        link = await work.connector_links.hold(a_user().id, XERO)
        assert link is not None
        await work.connector_links.put(attrs.evolve(link, granted=link.granted | Scopes.of(scope)))
        await work.commit()


async def _put(unit_of_work: OpenUnitOfWork, link: ConnectorLink) -> ConnectorLink | None:
    async with unit_of_work() as work:
        replaced = await work.connector_links.put(link)
        await work.commit()
        return replaced


async def _remove(unit_of_work: OpenUnitOfWork) -> ConnectorLink | None:
    async with unit_of_work() as work:
        removed = await work.connector_links.remove(a_user().id, XERO)
        await work.commit()
        return removed
