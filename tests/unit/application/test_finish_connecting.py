"""Coming back from a provider with a code: what is asked, what is kept, what the user is told."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.application.accounts.sign_out import SignOutCommand
from pip_hub.application.connectors.finish_connecting import BackToHub
from pip_hub.domain.connection_attempt import LONGEST_EXCHANGE
from pip_hub.domain.connector_link import ProviderAccount
from pip_hub.domain.errors import ProviderUnreachable
from pip_hub.domain.identifiers import ConnectorKey
from pip_hub.domain.notice import FailureReason, Notice, NoticeKind
from pip_hub.domain.permission import Level
from pip_hub.domain.secret import Sealed, Secret, digest_of
from tests.builders import NOW, an_organisation
from tests.support.core import Core, a_core
from tests.support.interruptions import Crash, InterruptedGateway, InterruptedVault, all_at_once, crash

pytestmark = pytest.mark.anyio


def core_with_slow_provider() -> tuple[Core, InterruptedGateway]:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    return a_core(clock=clock, gateway=gateway), gateway


async def test_the_provider_is_asked_with_the_very_secrets_of_this_trip() -> None:
    core = a_core()
    visitor = await core.sign_in()
    state = await core.leave(visitor, level="write")

    await core.come_back(visitor, state, code=Secret("the provider's code"))

    (trip,), (answer,) = core.gateway.trips, core.gateway.answers
    assert answer.code == Secret("the provider's code")
    assert (answer.verifier, answer.nonce) == (trip.verifier, trip.nonce)
    assert (answer.redirect_uri, answer.level) == (trip.redirect_uri, Level.WRITE)


async def test_a_link_is_kept_with_the_account_level_and_what_was_granted() -> None:
    core = a_core()
    visitor = await core.sign_in()
    core.wait(minutes=1)

    await core.connect(visitor, "xero", level="write")

    (link,) = core.tables.connector_links.values()
    (grant,) = core.tables.provider_grants.values()
    (user,) = core.tables.users.values()
    assert (link.user_id, link.connector, link.grant_id) == (user.id, "xero", grant.id)
    assert link.account == ProviderAccount(
        subject="xero-subject-1", email="owner@example.com", organisation=an_organisation()
    )
    assert (link.level, link.granted.format()) == (Level.WRITE, "accounting.invoices email openid")
    assert (link.connected_at, link.last_used_at, link.attention) == (NOW + timedelta(minutes=1), None, None)


async def test_the_tokens_are_kept_sealed_for_their_own_row() -> None:
    core = a_core()

    await core.connect(await core.sign_in(), "xero")

    (grant,) = core.tables.provider_grants.values()
    assert (grant.provider, grant.subject) == ("xero", "xero-subject-1")
    assert (grant.generation, grant.refreshed_at, grant.lease_until) == (0, NOW, None)
    tokens = await core.provider_tokens()
    assert (tokens.access.token, tokens.refresh) == (Secret("access-1"), Secret("refresh-2"))
    assert "access-1" not in str(core.tables)


async def test_the_user_is_told_once_in_their_browser_which_account_is_connected() -> None:
    core = a_core()
    visitor = await core.sign_in()
    assert visitor.session is not None

    await core.connect(visitor, "xero")

    assert await core.notice(visitor) == Notice(
        session=digest_of(visitor.session),
        kind=NoticeKind.CONNECTED,
        connector=ConnectorKey("xero"),
        account="Demo Company (AU)",
        at=NOW,
    )


async def test_the_way_on_is_the_flows_page_or_the_manage_page() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)

    in_flow = await core.connect(visitor, "sheets", flow_id=flow_id)
    without = await core.connect(visitor, "xero")

    assert in_flow == BackToHub(connector=ConnectorKey("sheets"), flow_id=flow_id, connected=True)
    assert without == BackToHub(connector=ConnectorKey("xero"), flow_id=None, connected=True)


async def test_a_flow_that_ends_while_the_user_is_away_loses_nothing() -> None:
    core = a_core()
    visitor = await core.sign_in()
    for end in ("completed", "expired"):
        flow_id = await core.start_flow(visitor)
        core.wait(minutes=25)
        state = await core.leave(visitor, flow_id=flow_id)
        if end == "completed":
            await core.complete(visitor, flow_id)
        else:
            core.wait(minutes=5)

        back = await core.come_back(visitor, state)

        assert (back.connected, back.flow_id) == (True, None)
        notice = await core.notice(visitor)
        assert (notice.kind, notice.flow_ended) == (NoticeKind.CONNECTED, True)
    assert len(core.tables.connector_links) == 1


async def test_a_flow_that_was_purged_while_the_user_was_away_loses_nothing() -> None:
    core = a_core()
    visitor = await core.sign_in()
    state = await core.leave(visitor, flow_id=await core.start_flow(visitor))
    core.tables.flows.clear()

    back = await core.come_back(visitor, state)

    assert (back.connected, back.flow_id) == (True, None)
    assert (await core.notice(visitor)).flow_ended


async def test_a_flow_that_ends_during_the_exchange_loses_nothing() -> None:
    core, gateway = core_with_slow_provider()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    state = await core.leave(visitor, flow_id=flow_id)
    gateway.meanwhile.then(lambda: core.complete(visitor, flow_id))

    back = await core.come_back(visitor, state)

    assert (back.connected, back.flow_id) == (True, None)
    assert (await core.notice(visitor)).flow_ended


async def test_an_open_flow_is_not_said_to_have_ended() -> None:
    core = a_core()
    visitor = await core.sign_in()

    await core.connect(visitor, flow_id=await core.start_flow(visitor))

    assert not (await core.notice(visitor)).flow_ended


async def test_signing_out_during_the_exchange_keeps_the_connection() -> None:
    core, gateway = core_with_slow_provider()
    visitor = await core.sign_in()
    state = await core.leave(visitor)
    gateway.meanwhile.then(lambda: core.uses.sign_out()(SignOutCommand(visitor=visitor)))

    assert (await core.come_back(visitor, state)).connected

    assert core.tables.connector_links


async def test_of_many_returns_with_one_answer_one_connects_and_the_others_change_nothing() -> None:
    core = a_core()
    visitor = await core.sign_in()
    state = await core.leave(visitor)

    answers = await all_at_once(core.storage, *[lambda: core.come_back(visitor, state)] * 10)

    told = [answer.connected for answer in answers if isinstance(answer, BackToHub)]
    assert sorted(told, key=str) == [None] * 9 + [True]
    assert len(core.gateway.answers) == 1
    assert len((await core.see_hub(visitor)).notices) == 1


async def test_two_trips_to_one_connector_that_end_at_once_leave_one_link_and_no_tokens_over() -> None:
    core = a_core()
    visitor = await core.sign_in()
    first, second = await core.leave(visitor, "notes"), await core.leave(visitor, "notes")

    await all_at_once(
        core.storage,
        lambda: core.come_back(visitor, first, "notes"),
        lambda: core.come_back(visitor, second, "notes"),
    )

    (link,) = core.tables.connector_links.values()
    (grant,) = core.tables.provider_grants.values()
    (owed,) = core.tables.revocations.values()
    assert link.grant_id == grant.id
    assert owed.sealed_tokens is not None
    assert owed.sealed_tokens != grant.sealed_tokens


async def test_after_a_failure_connecting_again_works() -> None:
    core = a_core()
    visitor = await core.sign_in()
    core.gateway.fail_next("exchange", ProviderUnreachable(reason="down"))

    assert (await core.connect(visitor)).connected is False
    assert (await core.connect(visitor)).connected is True


async def test_disconnecting_and_connecting_again_works_any_number_of_times() -> None:
    core = a_core()
    visitor = await core.sign_in()

    for _ in range(3):
        assert (await core.connect(visitor)).connected
        await core.disconnect(visitor)

    assert not core.tables.connector_links


async def test_the_sessions_of_other_browsers_are_told_nothing() -> None:
    core = a_core()
    here, elsewhere = await core.sign_in(), await core.sign_in()

    await core.connect(here)

    assert (await core.see_hub(elsewhere)).notices == ()


async def test_an_answer_that_died_with_its_process_is_told_when_it_comes_again() -> None:
    vault = InterruptedVault()
    core = a_core(vault=vault)
    visitor = await core.sign_in()
    state = await core.leave(visitor)
    vault.before_opening.then(crash)
    with pytest.raises(Crash):
        await core.come_back(visitor, state)

    at_once = await core.come_back(visitor, state)
    core.clock.advance(LONGEST_EXCHANGE)
    later = await core.come_back(visitor, state)

    assert (at_once.connected, later.connected) == (None, False)
    assert (await core.notice(visitor)).detail == FailureReason.INTERRUPTED


async def test_an_answer_that_was_kept_says_nothing_however_late_it_comes_again() -> None:
    core = a_core()
    visitor = await core.sign_in()
    state = await core.leave(visitor)
    await core.come_back(visitor, state)
    await core.notice(visitor)
    core.clock.advance(LONGEST_EXCHANGE)

    assert (await core.come_back(visitor, state)).connected is None
    assert (await core.see_hub(visitor)).notices == ()


async def test_a_trip_whose_key_was_taken_away_has_expired() -> None:
    core = a_core()
    visitor = await core.sign_in()
    state = await core.leave(visitor)
    (attempt,) = core.tables.connection_attempts.values()
    core.tables.connection_attempts[attempt.state_digest] = attrs.evolve(attempt, sealed_trip=Sealed("of another key"))

    assert (await core.come_back(visitor, state)).connected is False
    assert (await core.notice(visitor)).detail == FailureReason.EXPIRED
