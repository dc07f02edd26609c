"""Continue and Skip: one code per flow, and the same answer again for a second click."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.flows.answered import AlreadyAnswered, ReturnToClient
from pip_hub.domain.errors import ConnectorsMissing, FlowNotOpen, NotSignedIn
from pip_hub.domain.identifiers import ConnectorKey, FlowId
from pip_hub.domain.mcp_flow import FlowOutcome
from pip_hub.domain.secret import Sealed, Secret, digest_of
from tests.builders import NOW, VERIFIER
from tests.support.core import ANN, BOB, ISSUER, REDIRECT_URI, RESOURCE_URI, a_core, query_of
from tests.support.interruptions import (
    Crash,
    InterruptedStorage,
    InterruptedVault,
    all_at_once,
    crash,
)

pytestmark = pytest.mark.anyio

INSTANT = timedelta(microseconds=1)


@pytest.mark.requirement("RFC 6749 4.1.2")
@pytest.mark.requirement("RFC 9207 2")
async def test_continue_sends_the_browser_back_with_code_state_and_issuer() -> None:
    core = a_core()
    visitor = await core.sign_in()

    answer = await core.press_continue(visitor, await core.start_flow(visitor))

    assert isinstance(answer, ReturnToClient)
    assert answer.url.startswith(REDIRECT_URI + "?")
    parameters = query_of(answer.url)
    assert parameters.keys() == {"code", "state", "iss"}
    assert (parameters["state"], parameters["iss"]) == ("state of the client", ISSUER)


async def test_the_code_is_bound_to_all_that_was_approved() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor, scope="mcp:read")
    core.wait(minutes=1)

    secret = await core.complete(visitor, flow_id)

    code = core.tables.authorization_codes[digest_of(secret)]
    (user,) = core.tables.users.values()
    (grant,) = core.tables.grants.values()
    assert (code.flow_id, code.grant_id, code.user_id) == (flow_id, grant.id, user.id)
    assert (code.client_id, code.redirect_uri.value, code.resource) == ("client-1", REDIRECT_URI, RESOURCE_URI)
    assert code.challenge.accepts(VERIFIER)
    assert code.scopes.format() == "mcp:read"
    now = NOW + timedelta(minutes=1)
    assert (code.created_at, code.expires_at) == (now, now + timedelta(minutes=10))
    assert (grant.user_id, grant.client_id, grant.redirect_uri.value) == (user.id, "client-1", REDIRECT_URI)
    assert (grant.scopes, grant.resource, grant.created_at) == (code.scopes, RESOURCE_URI, now)
    assert grant.is_live


async def test_the_code_itself_is_kept_only_sealed() -> None:
    core = a_core()

    code = await core.a_code()

    assert code.reveal() not in str(core.tables)
    (kept,) = core.tables.authorization_codes.values()
    assert kept.sealed_code is not None
    assert await core.vault.open(kept.sealed_code, kept.vault_context) == code


async def test_what_is_connected_or_not_makes_no_difference() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.connect(visitor, flow_id=flow_id)

    await core.complete(visitor, flow_id)
    await core.complete(visitor, await core.start_flow(visitor))


async def test_a_flow_can_be_completed_until_exactly_the_moment_it_expires() -> None:
    core = a_core()
    visitor = await core.sign_in()
    in_time, too_late = await core.start_flow(visitor), await core.start_flow(visitor)

    core.clock.advance(timedelta(minutes=30) - INSTANT)
    await core.complete(visitor, in_time)
    core.clock.advance(INSTANT)
    with pytest.raises(FlowNotOpen):
        await core.press_continue(visitor, too_late)

    assert len(core.tables.authorization_codes) == 1


async def test_nobody_else_completes_a_flow_and_all_are_refused_alike() -> None:
    core = a_core()
    ann = await core.sign_in(ANN)
    flow_id = await core.start_flow(ann)
    bob_in_anns_browser = await core.sign_in(BOB, attrs.evolve(ann, session=None))
    ann_elsewhere = await core.sign_in(ANN)

    for visitor, asked in ((ann, FlowId("none")), (bob_in_anns_browser, flow_id), (ann_elsewhere, flow_id)):
        with pytest.raises(FlowNotOpen):
            await core.press_continue(visitor, asked)
    with pytest.raises(NotSignedIn):
        await core.press_continue(Visitor(session=None, browser=ann.browser), flow_id)

    assert not core.tables.authorization_codes
    await core.complete(ann, flow_id)


async def test_a_completed_flow_is_refused_to_others_as_well() -> None:
    core = a_core()
    ann = await core.sign_in(ANN)
    flow_id = await core.start_flow(ann)
    await core.complete(ann, flow_id)

    with pytest.raises(FlowNotOpen):
        await core.press_continue(await core.sign_in(BOB), flow_id)


async def test_required_connectors_have_to_be_connected_first() -> None:
    core = a_core(required_connectors=(ConnectorKey("sheets"), ConnectorKey("xero")))
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)

    with pytest.raises(ConnectorsMissing) as missing:
        await core.press_continue(visitor, flow_id)
    assert missing.value.names == ("Xero", "Google Sheets")
    assert missing.value.flow_id == flow_id

    await core.connect(visitor, "xero", flow_id=flow_id)
    with pytest.raises(ConnectorsMissing) as missing:
        await core.press_continue(visitor, flow_id)
    assert missing.value.names == ("Google Sheets",)

    await core.connect(visitor, "sheets", flow_id=flow_id)
    await core.complete(visitor, flow_id)


async def test_another_users_connections_do_not_count_as_required_ones() -> None:
    core = a_core(required_connectors=(ConnectorKey("sheets"),))
    await core.connect(await core.sign_in(BOB))
    ann = await core.sign_in(ANN)

    with pytest.raises(ConnectorsMissing):
        await core.press_continue(ann, await core.start_flow(ann))


async def test_an_expired_flow_is_expired_whatever_is_missing() -> None:
    core = a_core(required_connectors=(ConnectorKey("sheets"),))
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    core.wait(minutes=30)

    with pytest.raises(FlowNotOpen):
        await core.press_continue(visitor, flow_id)


async def test_disconnecting_a_required_connector_afterwards_does_not_take_the_answer_back() -> None:
    core = a_core(required_connectors=(ConnectorKey("sheets"),))
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.connect(visitor)
    code = await core.complete(visitor, flow_id)
    await core.disconnect(visitor)

    again = await core.press_continue(visitor, flow_id)

    assert isinstance(again, AlreadyAnswered)
    assert again.way_back is not None
    assert query_of(again.way_back)["code"] == code.reveal()


async def test_a_second_click_is_given_the_same_answer_while_the_code_is_unused() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    first = await core.press_continue(visitor, flow_id)
    assert isinstance(first, ReturnToClient)
    core.clock.advance(timedelta(minutes=10) - INSTANT)

    second = await core.press_continue(visitor, flow_id)

    assert isinstance(second, AlreadyAnswered)
    assert second.outcome is FlowOutcome.COMPLETED
    assert second.way_back == first.url
    assert (second.client.name, second.client.redirect_host) == ("Sample client", "client.example")
    await core.redeem(Secret(query_of(second.way_back)["code"]))


async def test_once_the_code_is_redeemed_a_second_click_gets_no_way_back() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.redeem(await core.complete(visitor, flow_id))

    second = await core.press_continue(visitor, flow_id)

    assert isinstance(second, AlreadyAnswered)
    assert (second.outcome, second.way_back) == (FlowOutcome.COMPLETED, None)


async def test_once_the_code_has_expired_a_second_click_gets_no_way_back() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.complete(visitor, flow_id)
    core.wait(minutes=10)

    second = await core.press_continue(visitor, flow_id)

    assert isinstance(second, AlreadyAnswered)
    assert second.way_back is None


async def test_a_code_that_was_purged_leaves_a_page_and_no_failure() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.complete(visitor, flow_id)
    core.tables.authorization_codes.clear()

    second = await core.press_continue(visitor, flow_id)

    assert isinstance(second, AlreadyAnswered)
    assert second.way_back is None


async def test_a_code_without_its_sealed_copy_leaves_a_page_and_no_failure() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.complete(visitor, flow_id)
    ((digest, code),) = core.tables.authorization_codes.items()
    core.tables.authorization_codes[digest] = attrs.evolve(code, sealed_code=None)

    second = await core.press_continue(visitor, flow_id)

    assert isinstance(second, AlreadyAnswered)
    assert second.way_back is None


async def test_the_second_click_still_finds_its_page_when_the_flows_time_is_up() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.complete(visitor, flow_id)
    core.wait(minutes=30)

    assert isinstance(await core.press_continue(visitor, flow_id), AlreadyAnswered)


async def test_a_second_click_for_a_client_that_is_gone_leads_nowhere() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.complete(visitor, flow_id)
    core.tables.clients.clear()

    with pytest.raises(FlowNotOpen):
        await core.press_continue(visitor, flow_id)


async def test_of_many_clicks_at_once_one_gets_the_code_and_the_others_the_same_code_again() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)

    async def click() -> ReturnToClient | AlreadyAnswered:
        return await core.press_continue(visitor, flow_id)

    answers = await all_at_once(core.storage, *[click] * 10)

    (first,) = [answer for answer in answers if isinstance(answer, ReturnToClient)]
    others = [answer for answer in answers if isinstance(answer, AlreadyAnswered)]
    assert len(others) == 9
    assert {other.way_back for other in others} == {first.url}
    assert len(core.tables.authorization_codes) == len(core.tables.grants) == 1


async def test_the_loser_of_a_race_against_cancel_learns_how_the_flow_ended() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    storage.somebody_is_faster = True

    answer = await core.press_continue(visitor, flow_id)

    assert isinstance(answer, AlreadyAnswered)
    assert answer.outcome is FlowOutcome.CANCELLED
    assert not core.tables.authorization_codes


async def test_a_crash_while_sealing_or_committing_leaves_the_flow_open() -> None:
    storage, vault = InterruptedStorage(), InterruptedVault()
    core = a_core(storage=storage, vault=vault)
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)

    for interruption in (vault.before_sealing, storage.before_commit):
        interruption.then(crash)
        with pytest.raises(Crash):
            await core.press_continue(visitor, flow_id)
        assert not core.tables.grants
        assert not core.tables.authorization_codes

    await core.complete(visitor, flow_id)


async def test_a_restart_between_any_two_steps_loses_nothing() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.restarted().start_flow(visitor)
    state = await core.restarted().leave(visitor, flow_id=flow_id)
    assert (await core.restarted().come_back(visitor, state)).connected
    code = await core.restarted().complete(visitor, flow_id)
    tokens = await core.restarted().redeem(code)
    tokens = await core.restarted().refresh(tokens.refresh_token)

    assert await core.restarted().introspect(tokens.access_token) is not None


async def test_a_code_whose_key_was_taken_away_has_no_way_back_but_still_a_page() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.complete(visitor, flow_id)
    (code,) = core.tables.authorization_codes.values()
    core.tables.authorization_codes[code.digest] = attrs.evolve(code, sealed_code=Sealed("of another key"))

    again = await core.press_continue(visitor, flow_id)

    assert isinstance(again, AlreadyAnswered)
    assert again.way_back is None
