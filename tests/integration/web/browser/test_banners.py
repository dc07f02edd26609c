"""Every notice the core can leave has a sentence."""

import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from pip_hub.adapters.web.hub.banners import Banner, banners
from pip_hub.application.flows.client_card import ClientCard
from pip_hub.application.flows.connector_cards import ConnectorCard
from pip_hub.application.flows.view_hub import FlowCard, HubView
from pip_hub.domain.connector_link import Attention, LinkStatus
from pip_hub.domain.identifiers import ConnectorKey, FlowId
from pip_hub.domain.notice import FailureReason, Notice, NoticeKind
from pip_hub.domain.permission import Level
from pip_hub.domain.revocation import ForgetOutcome
from tests.builders import NOW, a_client, a_notice, an_authorization_request

DOCUMENT = Path(__file__).parents[4] / "docs" / "disconnecting.md"
GO_BACK = "If an app sent you here, you can go back to it now."

CARD = ConnectorCard(
    key=ConnectorKey("xero"),
    name="Xero",
    pitch="Access invoices",
    icon="xero",
    notice=None,
    provider_name="Xero",
    status=LinkStatus.NOT_CONNECTED,
    levels=(Level.READ, Level.WRITE),
    required=False,
)
CONNECTED = attrs.evolve(
    CARD, status=LinkStatus.CONNECTED, account="Demo Company (AU)", level=Level.READ, connected_at=NOW
)
GMAIL = attrs.evolve(CARD, key=ConnectorKey("gmail"), name="Gmail", provider_name="Google")
SHEETS = attrs.evolve(GMAIL, key=ConnectorKey("google_sheets"), name="Google Sheets")


def told(*notices: Notice, card: ConnectorCard = CARD, **view: Any) -> list[Banner]:
    shown = HubView(
        email="user@example.com",
        connectors=(card, GMAIL, SHEETS),
        notices=notices,
        still_telling=(),
        **({"flow": None} | view),
    )
    return banners(shown, "Pip")


def disconnected(connector: str, outcome: ForgetOutcome) -> Notice:
    return a_notice(kind=NoticeKind.DISCONNECTED, connector=ConnectorKey(connector), detail=outcome)


@pytest.mark.parametrize("reason", FailureReason)
def test_every_reason_for_a_failure_has_its_sentence(reason: FailureReason) -> None:
    (banner,) = told(a_notice(kind=NoticeKind.CONNECTION_FAILED, detail=reason))
    assert banner.is_alert
    assert banner.headline == "Xero connection failed. Please try again."
    assert banner.text.endswith(".")
    assert "{" not in banner.text


@pytest.mark.parametrize("outcome", ForgetOutcome)
def test_every_outcome_of_a_disconnect_has_its_sentence(outcome: ForgetOutcome) -> None:
    (banner,) = told(disconnected("xero", outcome))
    assert not banner.is_alert
    assert banner.headline == "Xero disconnected."
    assert banner.text.endswith(".")
    assert "{" not in banner.text


def test_no_two_outcomes_are_told_alike() -> None:
    assert len({told(disconnected("xero", outcome))[0].text for outcome in ForgetOutcome}) == len(ForgetOutcome)


def test_the_documented_outcomes_are_those_of_the_page() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", DOCUMENT.read_text(), re.MULTILINE))
    assert rows == {outcome.value: told(disconnected("xero", outcome))[0].text for outcome in ForgetOutcome}


def test_services_that_went_together_are_told_together() -> None:
    first, second = disconnected("gmail", ForgetOutcome.REVOKED), disconnected("google_sheets", ForgetOutcome.REVOKED)
    (banner,) = told(first, second)
    assert banner.headline == "Gmail and Google Sheets disconnected."


def test_what_went_with_another_service_was_not_gone_before() -> None:
    gone = disconnected("google_sheets", ForgetOutcome.ALREADY_GONE)
    (banner,) = told(disconnected("gmail", ForgetOutcome.REVOKED), gone)
    assert banner.text == "Google has confirmed that Pip’s access is gone."
    (banner,) = told(gone)
    assert banner.text == "Google had ended Pip’s access before."


def test_services_with_different_ends_are_told_apart() -> None:
    kept, trying = disconnected("gmail", ForgetOutcome.KEPT), disconnected("google_sheets", ForgetOutcome.TRYING)
    assert [banner.headline for banner in told(kept, trying)] == ["Gmail disconnected.", "Google Sheets disconnected."]


def test_a_connection_names_the_account_and_the_way_back() -> None:
    assert told(a_notice()) == [Banner(is_alert=False, headline="✓ Xero connected: Demo Company (AU)", text=GO_BACK)]


def test_a_connection_without_an_organisation_asks_for_the_last_step() -> None:
    (banner,) = told(a_notice(), card=attrs.evolve(CONNECTED, attention=Attention.ORGANISATION_NOT_CHOSEN))
    assert banner.text == "One step is left: choose the organisation that Pip may use, on the card below."


def test_a_partial_connection_says_so() -> None:
    (banner,) = told(a_notice(), card=attrs.evolve(CONNECTED, status=LinkStatus.LIMITED))
    assert banner.text == "Not everything was allowed at Xero: the card below says what is missing."


@pytest.mark.parametrize(
    ("level", "headline", "text"),
    [
        (Level.READ, "✓ Xero: Read-only", "From now on Pip can read, and change nothing."),
        (Level.WRITE, "✓ Xero: Read and write", "From now on Pip can read, and make changes."),
    ],
)
def test_a_change_of_level_says_what_it_means(level: Level, headline: str, text: str) -> None:
    notice = a_notice(kind=NoticeKind.LEVEL_CHANGED, detail=level)
    assert told(notice) == [Banner(is_alert=False, headline=headline, text=f"{text} {GO_BACK}")]


def test_a_chosen_organisation_is_named() -> None:
    (banner,) = told(a_notice(kind=NoticeKind.ORGANISATION_CHOSEN, account="Harbour & Sons"))
    assert banner.headline == "✓ Xero: Harbour & Sons"
    assert banner.text == f"From now on Pip works with Harbour & Sons. {GO_BACK}"


@pytest.mark.parametrize("kind", [NoticeKind.CONNECTED, NoticeKind.LEVEL_CHANGED, NoticeKind.ORGANISATION_CHOSEN])
def test_inside_a_flow_nobody_is_sent_away(kind: NoticeKind) -> None:
    request = an_authorization_request()
    flow = FlowCard(
        id=FlowId("flow-1"),
        client=ClientCard.of(a_client(), request.redirect_uri),
        request=request,
        resource_name="Sample MCP server",
        resource_uri=request.resource,
        scopes=request.scopes,
        expires_at=NOW,
    )
    (banner,) = told(a_notice(kind=kind), flow=flow)
    assert GO_BACK not in banner.text


def test_another_account_than_the_connected_one_is_a_choice() -> None:
    notice = a_notice(kind=NoticeKind.CONNECTION_FAILED, detail=FailureReason.WRONG_ACCOUNT, account="Harbour & Sons")
    (banner,) = told(notice, card=CONNECTED)
    assert banner.is_alert
    assert banner.headline == "Xero is still connected as before."
    assert banner.text == (
        "You are connected as Demo Company (AU) and chose Harbour & Sons. To switch, disconnect Demo Company (AU) "
        "first, then connect again."
    )
    assert banner.switch == CONNECTED


def test_two_accounts_of_one_name_are_told_apart() -> None:
    notice = a_notice(
        kind=NoticeKind.CONNECTION_FAILED, detail=FailureReason.WRONG_ACCOUNT, account="Demo Company (AU)"
    )
    (banner,) = told(notice, card=CONNECTED)
    assert "and chose another account with the same name." in banner.text


def test_braces_in_an_account_are_only_braces() -> None:
    (banner,) = told(
        a_notice(kind=NoticeKind.CONNECTION_FAILED, detail=FailureReason.WRONG_ACCOUNT, account="{brand} {nothing}")
    )
    assert "you chose {brand} {nothing}." in banner.text


def test_a_notice_about_a_connector_that_was_taken_away_is_left_out() -> None:
    assert told(a_notice(connector=ConnectorKey("gone"))) == []
