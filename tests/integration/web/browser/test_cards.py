"""What a connected card says and offers, in every state."""

import attrs
import pytest

from pip_hub.adapters.web.hub.card_words import notes_of
from pip_hub.application.flows.connector_cards import ConnectorCard
from pip_hub.domain.connector import RevokeRadius, RevokeSpec
from pip_hub.domain.connector_link import Attention, LinkStatus, Organisation, ProviderAccount
from pip_hub.domain.errors import ProviderUnreachable
from pip_hub.domain.identifiers import ConnectorKey
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes
from tests.builders import NOW, a_connector
from tests.support.hub import CREDENTIALS, Browser, MemoryHub, a_hub

pytestmark = pytest.mark.anyio

WIDE = ConnectorCard(
    key=ConnectorKey("sheets"),
    name="Google Sheets",
    pitch="Read and write spreadsheet data",
    icon="sheets",
    notice=None,
    provider_name="Google",
    status=LinkStatus.CONNECTED,
    levels=(Level.READ, Level.WRITE),
    required=False,
    account="owner@example.com",
    level=Level.READ,
    holds_more=True,
    connected_at=NOW,
)
READONLY = "https://www.googleapis.com/auth/gmail.readonly"
HARBOUR = Organisation(id="org-1", name="Harbour & Sons", connection_id="connection-1")
QUAY = Organisation(id="org-2", name="Quay Ltd", connection_id="connection-2")


async def test_a_healthy_card_offers_its_level_and_disconnect_and_says_nothing_more(in_flow: Browser) -> None:
    page = await in_flow.connect("xero")
    card = page.html.partition('data-connector="xero"')[2].partition("</li>")[0]
    assert card.count("<form") == 2
    assert dict(in_flow.form("/xero/level").fields)["level"] == "read"
    for word in ("still holds", "Shares", "elsewhere", "Organisation", "caution"):
        assert word not in card


async def test_the_organisation_is_shown_with_whose_it_is(in_flow: Browser) -> None:
    page = await in_flow.connect("xero")
    assert "Demo Company (AU) owner@example.com" in page.text


async def test_several_organisations_are_a_choice_that_begins_with_the_one_in_use(
    hub: MemoryHub, in_flow: Browser
) -> None:
    account = ProviderAccount(subject="s", email="owner@example.com", organisation=QUAY)
    hub.gateway.hand_out(account, organisations=(HARBOUR, QUAY))
    await in_flow.connect("xero")
    form = in_flow.form("/xero/organisation")
    assert dict(form.fields)["organisation"] == "org-2"
    assert [button.attributes["aria-label"] for button in form.buttons] == ["Change organisation at Xero"]


async def test_without_an_organisation_nothing_is_preselected_and_the_card_says_what_that_means(
    hub: MemoryHub, in_flow: Browser
) -> None:
    hub.gateway.hand_out(ProviderAccount(subject="s", email="owner@example.com"), organisations=(HARBOUR, QUAY))
    page = await in_flow.connect("xero")
    assert page.values("data-status")[0] == "needs_attention"
    assert "Choose an organisation. Until you do, Pip gets nothing from Xero." in page.text
    assert "Needs attention: owner@example.com" in page.text
    assert dict(in_flow.form("/xero/organisation").fields)["organisation"] == ""
    assert not [form for form in page.forms if form.action.endswith("/xero/level")]


async def test_an_organisation_to_choose_where_none_is_listed_is_mended_at_the_provider(
    hub: MemoryHub, in_flow: Browser
) -> None:
    await in_flow.connect("xero")
    await hub.change_link("xero", attention=Attention.ORGANISATION_NOT_CHOSEN, organisations=())
    await in_flow.open("/integrations")
    assert "login.xero.com" in await in_flow.send_and_leave("/integrations/xero")


async def test_an_organisation_that_is_gone_can_be_reconnected_or_replaced(hub: MemoryHub, in_flow: Browser) -> None:
    await in_flow.connect("xero")
    await hub.change_link("xero", attention=Attention.ORGANISATION_GONE, organisations=(HARBOUR,))
    page = await in_flow.open("/integrations")
    assert (
        "Demo Company (AU) was disconnected at Xero. Until you reconnect it or choose another one, Pip gets nothing "
        "from Xero." in page.text
    )
    assert dict(in_flow.form("/integrations/xero").fields)["level"] == "read"
    assert dict(in_flow.form("/xero/organisation").fields)["organisation"] == ""


async def test_an_organisation_that_is_gone_without_another_can_only_be_reconnected(
    hub: MemoryHub, in_flow: Browser
) -> None:
    await in_flow.connect("xero")
    await hub.change_link("xero", attention=Attention.ORGANISATION_GONE, organisations=())
    page = await in_flow.open("/integrations")
    assert "Until you reconnect it, Pip gets nothing from Xero." in page.text
    assert not [form for form in page.forms if form.action.endswith("/xero/organisation")]


async def test_a_connection_that_has_ended_is_reconnected_at_the_level_of_choice(
    hub: MemoryHub, in_flow: Browser
) -> None:
    await in_flow.connect("gmail")
    await in_flow.connect("google_sheets")
    wide = hub.needed("gmail", Level.WRITE)
    await hub.change_link("gmail", attention=Attention.GRANT_ENDED, granted=wide)
    page = await in_flow.open("/integrations")
    assert page.values("data-status")[1] == "needs_attention"
    assert "Google has ended this connection" in page.text
    assert "Until you reconnect, Pip gets nothing from Gmail." in page.text
    gmail = page.html.partition('data-connector="gmail"')[2].partition("</li>")[0]
    assert "still holds" not in gmail
    assert "Shares one" not in gmail
    await in_flow.send_and_leave("/integrations/gmail", level="write")
    assert hub.gateway.trips[-1].scopes == wide


async def test_a_grant_that_has_ended_is_asked_for_as_a_whole_even_where_scopes_add_up(
    hub: MemoryHub, in_flow: Browser
) -> None:
    await in_flow.connect("xero")
    await hub.change_link("xero", attention=Attention.GRANT_ENDED)
    await in_flow.open("/integrations")
    await in_flow.send_and_leave("/integrations/xero", level="write")
    assert hub.gateway.trips[-1].scopes == hub.needed("xero", Level.WRITE)


async def test_what_is_missing_is_named_and_asked_for(hub: MemoryHub, in_flow: Browser) -> None:
    await in_flow.connect("xero")
    granted = hub.needed("xero", Level.WRITE) - Scopes.of("accounting.invoices", "accounting.payments")
    reading = Scopes.of("accounting.invoices.read", "accounting.payments.read")
    await hub.change_link("xero", level=Level.WRITE, granted=granted | reading)
    page = await in_flow.open("/integrations")
    assert page.values("data-status")[0] == "limited"
    assert "Connected, limited. Not allowed at Xero: changing invoices and changing payments." in page.text
    await in_flow.send_and_leave("/integrations/xero")
    asked = hub.gateway.trips[-1].scopes
    assert Scopes.of("accounting.invoices", "accounting.payments").is_within(asked)
    assert "accounting.contacts" not in asked


async def test_a_scope_without_words_is_shown_as_it_is() -> None:
    async with a_hub(overrides={"gmail": {"words": {}}}) as hub:
        browser = hub.browser()
        await browser.open("/integrations")
        await browser.register()
        await browser.connect("gmail")
        await hub.change_link("gmail", level=Level.WRITE)
        page = await browser.open("/integrations")
    assert "Not allowed at Google: https://www.googleapis.com/auth/gmail.modify." in page.text


async def test_a_level_that_is_no_longer_offered_has_to_be_chosen_anew() -> None:
    async with a_hub(overrides={"gmail": {"levels": {"read": [READONLY]}, "implies": {}}}) as hub:
        browser = hub.browser()
        await browser.open("/integrations")
        await browser.register()
        await browser.connect("gmail")
        await hub.change_link("gmail", level=Level.WRITE)
        page = await browser.open("/integrations")
        assert page.values("data-status")[1] == "limited"
        assert "“Read and write” is not offered here any more. Choose the access that Pip should have." in page.text
        assert dict(browser.form("/gmail/level").fields)["level"] == ""
        page = await browser.send("/gmail/level", level="read")
        assert page.values("data-status")[1] == "connected"


async def test_what_the_provider_still_holds_is_said_with_a_way_to_make_it_less(
    hub: MemoryHub, in_flow: Browser
) -> None:
    await in_flow.connect("xero")
    await hub.change_link("xero", granted=hub.needed("xero", Level.WRITE))
    page = await in_flow.open("/integrations")
    assert page.values("data-status")[0] == "connected"
    assert "Pip only reads. Xero still holds the wider permission you gave earlier." in page.text
    assert "narrow" in page.values("data-action")


async def test_what_others_share_cannot_be_made_less_and_the_card_says_why(hub: MemoryHub, in_flow: Browser) -> None:
    await in_flow.connect("gmail")
    await in_flow.connect("google_sheets")
    await hub.change_link("gmail", granted=hub.needed("gmail", Level.WRITE))
    page = await in_flow.open("/integrations")
    assert "earlier; taking it back there would disconnect Google Sheets too." in page.text
    assert "narrow" not in page.values("data-action")


def test_a_provider_without_a_way_to_revoke_cannot_be_made_to_hold_less() -> None:
    notes = notes_of(WIDE, a_connector(revoke=None), "Pip")
    assert notes.holds_more is not None
    assert notes.holds_more.endswith("earlier; you can take it back in your account settings there.")
    assert not notes.can_shrink


def test_where_tokens_are_revoked_one_by_one_a_shared_account_is_no_obstacle() -> None:
    spec = a_connector(revoke=RevokeSpec(url="https://provider.example/revoke", radius=RevokeRadius.TOKEN))
    notes = notes_of(attrs.evolve(WIDE, shares_with=("Gmail",)), spec, "Pip")
    assert notes.can_shrink


def test_a_limit_other_than_reading_is_told_as_such() -> None:
    notes = notes_of(attrs.evolve(WIDE, level=Level.WRITE), a_connector(), "Pip")
    assert notes.holds_more is not None
    assert notes.holds_more.startswith("Pip keeps to what you chose.")


async def test_services_of_one_account_say_so_and_can_be_disconnected_together(in_flow: Browser) -> None:
    await in_flow.connect("gmail")
    page = await in_flow.connect("google_sheets")
    assert "Shares one Google sign-in with Google Sheets." in page.text
    assert "Shares one Google sign-in with Gmail." in page.text
    assert page.values("data-action").count("disconnect-all") == 2


async def test_an_account_that_somebody_else_connected_is_told_without_telling_whose(
    hub: MemoryHub, in_flow: Browser
) -> None:
    await in_flow.connect("xero")
    await hub.change_link("xero", granted=hub.needed("xero", Level.WRITE))
    other = hub.browser()
    await other.open("/integrations")
    await other.register("other@example.com")
    await other.connect("xero")
    page = await in_flow.open("/integrations")
    assert "The same Xero account is connected elsewhere in Pip, which disconnecting here does not change." in page.text
    assert "it can’t be taken back while another connection uses the same account there." in page.text
    assert "narrow" not in page.values("data-action")
    assert "disconnect-all" not in page.values("data-action")
    assert "other@example.com" not in page.text


async def test_what_is_still_to_be_told_to_a_provider_is_listed(hub: MemoryHub, in_flow: Browser) -> None:
    await in_flow.connect("xero")
    hub.gateway.fail_next("revoke", ProviderUnreachable(reason="503"))
    page = await in_flow.disconnect("xero")
    listed = "Still telling Xero to forget Demo Company (AU) , since 22 November 2026, 10:00 UTC ."
    assert listed in page.text
    assert "2026-11-22T10:00:00Z" in page.values("datetime")
    assert listed in (await in_flow.open("/integrations")).text


async def test_a_card_without_credentials_stays_coming_soon() -> None:
    async with a_hub(credentials={"xero": CREDENTIALS["xero"]}) as hub:
        browser = hub.browser()
        await browser.open("/integrations")
        page = await browser.register()
    assert page.values("data-status") == ["not_connected", "unavailable", "unavailable"]
