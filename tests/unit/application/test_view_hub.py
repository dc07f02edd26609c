"""The hub page: what it shows, to whom, and how long a session lives."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.flows.answered import AlreadyAnswered
from pip_hub.application.flows.connector_cards import ConnectorCard
from pip_hub.application.flows.view_hub import HubView, ViewHubCommand
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.connector_link import Attention, LinkStatus, ProviderAccount
from pip_hub.domain.errors import FlowNotOpen, NotSignedIn
from pip_hub.domain.identifiers import ConnectorKey, FlowId
from pip_hub.domain.mcp_flow import FlowOutcome
from pip_hub.domain.notice import NoticeKind
from pip_hub.domain.permission import Level, ScopeRules
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret, digest_of
from tests.builders import NOW, a_connector
from tests.support.core import ANN, BOB, CATALOGUE, RESOURCE_URI, a_core, a_raw_request, query_of

pytestmark = pytest.mark.anyio

SHEETS, XERO, GMAIL = ConnectorKey("sheets"), ConnectorKey("xero"), ConnectorKey("gmail")
INSTANT = timedelta(microseconds=1)


def card(hub: HubView, key: str) -> ConnectorCard:
    (found,) = [card for card in hub.connectors if card.key == key]
    return found


async def test_without_a_live_session_there_is_no_hub() -> None:
    core = a_core()
    for visitor in (Visitor(session=None, browser=None), Visitor(session=Secret("made up"), browser=None)):
        with pytest.raises(NotSignedIn):
            await core.see_hub(visitor)


async def test_a_session_of_an_account_that_is_gone_is_worth_nothing() -> None:
    core = a_core()
    visitor = await core.sign_in()
    core.tables.users.clear()

    with pytest.raises(NotSignedIn):
        await core.see_hub(visitor)


async def test_a_session_ends_exactly_thirty_days_after_it_was_last_seen() -> None:
    core = a_core()
    visitor = await core.sign_in()
    core.clock.advance(timedelta(days=30) - INSTANT)
    assert (await core.see_hub(visitor)).email == ANN

    core.clock.advance(timedelta(days=30) - INSTANT)
    assert (await core.see_hub(visitor)).email == ANN

    core.clock.advance(timedelta(days=30))
    with pytest.raises(NotSignedIn):
        await core.see_hub(visitor)


async def test_looking_in_extends_the_session_once_a_day() -> None:
    core = a_core()
    visitor = await core.sign_in()
    assert visitor.session is not None
    digest = digest_of(visitor.session)

    core.clock.advance(timedelta(days=1) - INSTANT)
    await core.see_hub(visitor)
    assert core.tables.sessions[digest].expires_at == NOW + timedelta(days=30)

    core.clock.advance(INSTANT)
    await core.see_hub(visitor)
    assert core.tables.sessions[digest].expires_at == NOW + timedelta(days=31)


async def test_the_page_shows_every_connector_in_catalogue_order_to_the_user_by_email() -> None:
    core = a_core()

    hub = await core.see_hub(await core.sign_in())

    assert hub.email == ANN
    assert [card.key for card in hub.connectors] == [spec.key for spec in CATALOGUE]
    assert hub.flow is None
    assert hub.notices == ()


async def test_a_card_carries_what_the_connector_says_of_itself() -> None:
    spec = a_connector(
        notice="Testing mode",
        scopes=ScopeRules(identity=Scopes(), levels={Level.WRITE: Scopes.of("w"), Level.READ: Scopes.of("r")}),
    )
    core = a_core(catalogue=ConnectorCatalogue((spec,)))

    (shown,) = (await core.see_hub(await core.sign_in())).connectors

    assert (shown.name, shown.pitch, shown.icon) == (spec.name, spec.pitch, spec.icon)
    assert (shown.notice, shown.provider_name) == ("Testing mode", "Google")
    assert shown.levels == (Level.READ, Level.WRITE)


async def test_a_connector_is_not_connected_at_first_or_unavailable_where_it_is_coming_soon() -> None:
    core = a_core()

    hub = await core.see_hub(await core.sign_in())

    assert card(hub, "sheets").status is LinkStatus.NOT_CONNECTED
    assert card(hub, "later").status is LinkStatus.UNAVAILABLE
    assert not any(card.is_connected for card in hub.connectors)


async def test_a_connected_card_says_which_account_at_what_level_since_when() -> None:
    core = a_core()
    visitor = await core.sign_in()
    core.wait(minutes=1)
    await core.connect(visitor, "xero", level="write")

    shown = card(await core.see_hub(visitor), "xero")

    assert shown.is_connected
    assert shown.status is LinkStatus.CONNECTED
    assert (shown.account, shown.email) == ("Demo Company (AU)", "owner@example.com")
    assert shown.level is Level.WRITE
    assert shown.granted == Scopes.of("openid", "email", "accounting.invoices")
    assert shown.connected_at == NOW + timedelta(minutes=1)
    assert (shown.last_used_at, shown.attention) == (None, None)


async def test_a_card_shows_trouble_upstream_and_the_last_use() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    ((key, link),) = core.tables.connector_links.items()
    core.tables.connector_links[key] = attrs.evolve(link, attention=Attention.GRANT_ENDED, last_used_at=NOW)

    shown = card(await core.see_hub(visitor), "sheets")

    assert shown.status is LinkStatus.NEEDS_ATTENTION
    assert (shown.attention, shown.last_used_at) == (Attention.GRANT_ENDED, NOW)


async def test_a_link_outlives_the_credentials_of_its_connector() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)

    later = core.restarted(catalogue=ConnectorCatalogue((a_connector(available=False),)))

    assert card(await later.see_hub(visitor), "sheets").status is LinkStatus.CONNECTED


async def test_nobody_sees_another_users_connections() -> None:
    core = a_core()
    await core.connect(await core.sign_in(ANN))

    hub = await core.see_hub(await core.sign_in(BOB))

    assert not card(hub, "sheets").is_connected


async def test_the_page_of_a_flow_says_who_asks_for_what_and_until_when() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)

    flow = (await core.see_hub(visitor, flow_id)).flow

    assert flow is not None
    assert flow.id == flow_id
    assert (flow.client.name, flow.client.redirect_host) == ("Sample client", "client.example")
    assert (flow.resource_name, flow.resource_uri) == ("Sample MCP server", RESOURCE_URI)
    assert flow.scopes == Scopes.parse(a_raw_request().scope or "")
    assert flow.expires_at == NOW + timedelta(minutes=30)
    assert flow.request == core.tables.flows[flow_id].request


async def test_seeing_a_flow_any_number_of_times_spends_nothing() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)

    for _ in range(3):
        await core.see_hub(visitor, flow_id)

    await core.complete(visitor, flow_id)


async def test_a_flow_is_over_exactly_thirty_minutes_after_it_began() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)

    core.clock.advance(timedelta(minutes=30) - INSTANT)
    assert (await core.see_hub(visitor, flow_id)).flow is not None
    core.clock.advance(INSTANT)
    with pytest.raises(FlowNotOpen):
        await core.see_hub(visitor, flow_id)


async def test_coming_back_to_a_completed_flow_offers_the_same_answer_again() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    code = await core.complete(visitor, flow_id)

    view = await core.uses.view_hub()(ViewHubCommand(visitor=visitor, flow_id=flow_id))

    assert isinstance(view, AlreadyAnswered)
    assert view.outcome is FlowOutcome.COMPLETED
    assert view.way_back is not None
    assert query_of(view.way_back)["code"] == code.reveal()


async def test_a_completed_flow_tells_nobody_else_what_became_of_it() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.complete(visitor, flow_id)
    bob = await core.sign_in(BOB, attrs.evolve(visitor, session=None))

    with pytest.raises(FlowNotOpen):
        await core.see_hub(bob, flow_id)


async def test_an_unknown_another_users_and_another_browsers_flow_are_refused_alike() -> None:
    core = a_core()
    ann = await core.sign_in(ANN)
    flow_id = await core.start_flow(ann)
    bob_in_anns_browser = await core.sign_in(BOB, attrs.evolve(ann, session=None))
    ann_elsewhere = await core.sign_in(ANN)

    for visitor, asked in (
        (ann, FlowId("no such flow")),
        (bob_in_anns_browser, flow_id),
        (ann_elsewhere, flow_id),
        (attrs.evolve(ann, browser=None), flow_id),
    ):
        with pytest.raises(FlowNotOpen):
            await core.see_hub(visitor, asked)

    assert (await core.see_hub(ann, flow_id)).flow is not None


async def test_a_flow_whose_client_or_resource_is_gone_is_over() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    clients, resources = dict(core.tables.clients), dict(core.tables.resources)

    core.tables.clients.clear()
    with pytest.raises(FlowNotOpen):
        await core.see_hub(visitor, flow_id)
    core.tables.clients.update(clients)
    core.tables.resources.clear()
    with pytest.raises(FlowNotOpen):
        await core.see_hub(visitor, flow_id)

    core.tables.resources.update(resources)
    await core.see_hub(visitor, flow_id)


async def test_a_notice_is_shown_once() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)

    assert [notice.kind for notice in (await core.see_hub(visitor)).notices] == [NoticeKind.CONNECTED]
    assert (await core.see_hub(visitor)).notices == ()


async def test_asking_for_the_status_leaves_the_notices_for_the_page() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)

    status = await core.uses.view_hub()(ViewHubCommand(visitor=visitor, take_notices=False))

    assert isinstance(status, HubView)
    assert status.notices == ()
    assert len((await core.see_hub(visitor)).notices) == 1


async def test_a_page_that_is_refused_takes_no_notices() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)

    with pytest.raises(FlowNotOpen):
        await core.see_hub(visitor, FlowId("no such flow"))

    assert len((await core.see_hub(visitor)).notices) == 1


async def test_a_notice_is_for_the_browser_in_which_it_happened() -> None:
    core = a_core()
    here, elsewhere = await core.sign_in(), await core.sign_in()
    await core.connect(here)

    assert (await core.see_hub(elsewhere)).notices == ()
    assert len((await core.see_hub(here)).notices) == 1


async def test_skip_is_offered_while_nothing_is_connected() -> None:
    core = a_core()
    visitor = await core.sign_in()
    assert (await core.see_hub(visitor)).can_skip

    await core.connect(visitor)

    assert not (await core.see_hub(visitor)).can_skip


async def test_skip_is_not_offered_while_a_required_connector_is_missing() -> None:
    core = a_core(required_connectors=(SHEETS, XERO))
    visitor = await core.sign_in()
    hub = await core.see_hub(visitor)
    assert [card.key for card in hub.connectors if card.required] == [XERO, SHEETS]
    assert [card.key for card in hub.missing] == [XERO, SHEETS]
    assert not hub.can_skip

    await core.connect(visitor, "xero")

    assert [card.key for card in (await core.see_hub(visitor)).missing] == [SHEETS]


async def test_an_account_known_by_its_subject_alone_is_shown_by_it() -> None:
    core = a_core()
    core.gateway.hand_out(ProviderAccount(subject="sub-1", email=None))
    visitor = await core.sign_in()
    await core.connect(visitor, "notes")

    shown = card(await core.see_hub(visitor), "notes")

    assert (shown.account, shown.email) == ("sub-1", None)
