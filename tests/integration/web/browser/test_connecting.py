"""Connect, come back from the provider, disconnect, and what the banner says about it."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest

from pip_hub.domain.connector_link import Organisation, ProviderAccount
from pip_hub.domain.errors import (
    NoOrganisation,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
)
from pip_hub.domain.scope import Scopes
from tests.support.hub import ISSUER, Browser, MemoryHub

pytestmark = pytest.mark.anyio


async def test_connect_leads_to_the_provider_with_our_callback(in_flow: Browser) -> None:
    url = urlsplit(await in_flow.send_out("xero"))
    assert url.netloc == "login.xero.com"
    assert parse_qs(url.query)["redirect_uri"] == [f"{ISSUER}/integrations/xero/callback"]


async def test_the_level_chosen_on_the_card_goes_along(hub: MemoryHub, in_flow: Browser) -> None:
    await in_flow.send_and_leave("/integrations/gmail", level="write")
    assert "https://www.googleapis.com/auth/gmail.modify" in hub.gateway.trips[0].scopes


async def test_without_a_level_it_is_read_only(hub: MemoryHub, in_flow: Browser) -> None:
    form = in_flow.form("/integrations/gmail")
    await in_flow.post(form.action, {name: value for name, value in form.fields if name != "level"})
    assert "https://www.googleapis.com/auth/gmail.readonly" in hub.gateway.trips[0].scopes
    assert "https://www.googleapis.com/auth/gmail.modify" not in hub.gateway.trips[0].scopes


async def test_coming_back_shows_the_account_and_one_button_to_disconnect(in_flow: Browser) -> None:
    page = await in_flow.connect("xero")
    assert page.url.endswith("&connected=xero")
    assert page.values("role") == ["status"]
    assert "✓ Xero connected: Demo Company (AU)" in page.text
    assert page.values("data-status") == ["connected", "not_connected", "not_connected"]
    assert "✓ Connected: Demo Company (AU) owner@example.com" in page.text
    assert [button.attributes["data-action"] for button in in_flow.form("/xero/disconnect").buttons] == ["disconnect"]
    assert "skip" not in page.values("data-action")


async def test_the_banner_is_shown_once(in_flow: Browser) -> None:
    page = await in_flow.connect("xero")
    again = await in_flow.open(page.url.removeprefix(ISSUER))
    assert not again.has("role", "status")
    assert again.values("data-status")[0] == "connected"


async def test_a_partial_grant_is_connected_but_limited(hub: MemoryHub, in_flow: Browser) -> None:
    organisation = Organisation(id="o", name="Harbour & Sons", connection_id="c")
    account = ProviderAccount(subject="s", email="owner@example.com", organisation=organisation)
    hub.gateway.hand_out(account, Scopes.of("openid", "accounting.invoices.read"))
    page = await in_flow.connect("xero")
    assert page.values("data-status")[0] == "limited"
    assert "✓ Xero connected: Harbour & Sons Not everything was allowed at Xero" in page.text
    assert "Connected, limited. 9 kinds of access were not allowed at Xero. Show what is missing" in page.text
    assert "reading bank transactions" in page.text


async def test_declining_is_told_as_such_and_loses_nothing(in_flow: Browser) -> None:
    page = await in_flow.connect("xero", error="access_denied", error_description="<b>Send money</b>")
    assert page.url.endswith("&failed=xero")
    assert page.values("role") == ["alert"]
    assert "Xero connection failed. Please try again. You pressed Cancel at Xero" in page.text
    assert "Send money" not in page.html
    assert page.has("data-action", "continue")


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (ProviderUnreachable(reason="503"), "Google did not answer"),
        (ProviderRefused(reason="invalid_grant"), "no longer accepted the approval"),
        (ProviderMisconfigured(reason="invalid_client"), "Pip is not set up correctly at Google"),
        (ProviderMisbehaved(reason="an HTML page"), "an answer that could not be trusted"),
        (NoOrganisation(reason="none"), "has no organisation"),
    ],
)
async def test_what_a_provider_does_wrong_is_told_in_plain_words(
    hub: MemoryHub, in_flow: Browser, trouble: ProviderTrouble, words: str
) -> None:
    hub.gateway.fail_next("exchange", trouble)
    page = await in_flow.connect("gmail")
    assert page.values("role") == ["alert"]
    assert "Gmail connection failed. Please try again." in page.text
    assert words in page.text
    assert trouble.reason not in page.text


async def test_a_trip_that_took_too_long_is_told_as_such(hub: MemoryHub, in_flow: Browser) -> None:
    url = await in_flow.send_out("xero")
    hub.clock.advance(hub.policy.attempt_lifetime)
    page = await in_flow.come_back("xero", url)
    assert "More than ten minutes passed" in page.text


async def test_a_flow_that_ended_meanwhile_keeps_the_connection_and_says_so(hub: MemoryHub, in_flow: Browser) -> None:
    hub.clock.advance(hub.policy.flow_lifetime - hub.policy.attempt_lifetime / 2)
    url = await in_flow.send_out("xero")
    hub.clock.advance(hub.policy.attempt_lifetime / 2)
    page = await in_flow.come_back("xero", url)
    assert page.url == f"{ISSUER}/integrations?connected=xero"
    assert "✓ Xero connected: Demo Company (AU) The request you came with has ended meanwhile" in page.text


async def test_another_account_than_the_connected_one_is_refused_by_name(hub: MemoryHub, in_flow: Browser) -> None:
    first_tab = in_flow.page
    await in_flow.connect("gmail")
    hub.gateway.hand_out(ProviderAccount(subject="another", email="other@gmail.example"))
    in_flow.page = first_tab
    page = await in_flow.connect("gmail")
    assert page.values("role") == ["alert"]
    assert "Gmail is still connected as before." in page.text
    assert "You are connected as owner@example.com and chose other@gmail.example." in page.text
    page = await in_flow.press("data-action", "switch")
    assert page.values("data-status")[1] == "not_connected"


async def test_the_same_answer_twice_is_harmless(in_flow: Browser) -> None:
    url = await in_flow.send_out("xero")
    await in_flow.come_back("xero", url)
    page = await in_flow.come_back("xero", url)
    assert page.status == 200
    assert "connected=" not in page.url
    assert page.values("data-status")[0] == "connected"


async def test_a_callback_in_another_browser_connects_nothing(hub: MemoryHub, in_flow: Browser) -> None:
    url = await in_flow.send_out("xero")
    other = hub.browser()
    await other.open("/integrations")
    await other.register("other@example.com")
    page = await other.come_back("xero", url)
    assert page.status == 400
    assert "This answer doesn’t belong here" in page.text
    page = await in_flow.come_back("xero", url)
    assert page.values("data-status")[0] == "connected"


async def test_a_callback_without_a_session_asks_to_sign_in_and_takes_nothing_along(
    hub: MemoryHub, in_flow: Browser
) -> None:
    url = await in_flow.send_out("xero")
    state = parse_qs(urlsplit(url).query)["state"][0]
    page = await hub.browser().open(f"/integrations/xero/callback?state={state}&code=the-code")
    assert page.status == 401
    assert "/sign-in?return_to=integrations" in page.values("href")
    assert state not in page.html
    assert "the-code" not in page.html
    page = await in_flow.come_back("xero", url)
    assert page.values("data-status")[0] == "connected"


@pytest.mark.parametrize("query", ["", "?code=c", "?state=made-up&code=c", "?state=&code="])
async def test_a_callback_that_belongs_to_nothing_is_a_page(in_flow: Browser, query: str) -> None:
    page = await in_flow.open(f"/integrations/xero/callback{query}")
    assert page.status == 400
    assert "made-up" not in page.html


async def test_a_callback_with_a_repeated_state_is_refused(in_flow: Browser) -> None:
    url = await in_flow.send_out("xero")
    state = parse_qs(urlsplit(url).query)["state"][0]
    page = await in_flow.open(f"/integrations/xero/callback?state={state}&state={state}&code=c")
    assert page.status == 400


async def test_no_log_line_has_the_providers_code_or_state(in_flow: Browser, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="pip_hub")
    url = await in_flow.send_out("xero")
    state = parse_qs(urlsplit(url).query)["state"][0]
    await in_flow.open(f"/integrations/gmail/callback?state={state}&code=the-code")
    await in_flow.open(f"/integrations/xero/callback?state={state}&code=the-code")
    await in_flow.open("/integrations/xero/callback?state=the-forged-state&code=the-code")
    assert "ConnectionNotOpen at GET '/integrations/xero/callback': unknown state" in caplog.text
    for secret in (state, "the-code", "the-forged-state"):
        assert secret not in caplog.text


@pytest.mark.parametrize("path", ["/integrations/nothing", "/integrations/nothing/disconnect"])
async def test_an_unknown_connector_is_not_found_and_leads_back_to_the_flow(in_flow: Browser, path: str) -> None:
    flow = in_flow.page.url
    fields = in_flow.form("/integrations/xero").fields
    answer = await in_flow.post(path, fields)
    assert answer.status_code == 404
    assert flow.removeprefix(ISSUER) in answer.text


async def test_an_unknown_connectors_callback_is_not_found(in_flow: Browser) -> None:
    assert (await in_flow.open("/integrations/nothing/callback?code=c")).status == 404


async def test_a_level_that_is_not_offered_is_refused(in_flow: Browser) -> None:
    form = in_flow.form("/integrations/xero")
    answer = await in_flow.post(form.action, dict(form.fields) | {"level": "admin"})
    assert answer.status_code == 400
    assert "Choose one of those on its card" in answer.text


async def test_one_click_disconnects_and_says_what_the_provider_said(hub: MemoryHub, in_flow: Browser) -> None:
    await in_flow.connect("xero")
    page = await in_flow.disconnect("xero")
    assert page.values("data-status")[0] == "not_connected"
    assert page.values("role") == ["status"]
    assert "Xero disconnected. Xero has confirmed that Pip’s access is gone." in page.text
    assert len(hub.gateway.revoked) == 1


async def test_disconnecting_twice_is_harmless(in_flow: Browser) -> None:
    connected = await in_flow.connect("xero")
    await in_flow.disconnect("xero")
    in_flow.page = connected
    page = await in_flow.disconnect("xero")
    assert page.status == 200
    assert page.values("data-status")[0] == "not_connected"


async def test_disconnecting_one_google_service_says_that_google_still_lists_us(in_flow: Browser) -> None:
    await in_flow.connect("gmail")
    await in_flow.connect("google_sheets")
    page = await in_flow.disconnect("gmail")
    assert "Gmail disconnected. Pip can no longer use it here. Google still lists Pip" in page.text
    assert page.values("data-status") == ["not_connected", "not_connected", "connected"]


async def test_a_provider_that_cannot_be_told_is_told_later(hub: MemoryHub, in_flow: Browser) -> None:
    await in_flow.connect("xero")
    hub.gateway.fail_next("revoke", ProviderUnreachable(reason="503"))
    page = await in_flow.disconnect("xero")
    assert "Pip can no longer use it. Xero has not confirmed yet; we keep asking." in page.text


async def test_the_manage_page_connects_and_disconnects_as_well(managing: Browser) -> None:
    page = await managing.connect("google_sheets")
    assert page.url == f"{ISSUER}/integrations?connected=google_sheets"
    assert "✓ Google Sheets connected: owner@example.com" in page.text
    page = await managing.disconnect("google_sheets")
    assert page.url == f"{ISSUER}/integrations"


async def test_connecting_in_a_flow_that_has_ended_is_refused_before_anything_is_sent(
    hub: MemoryHub, in_flow: Browser
) -> None:
    form = in_flow.form("/integrations/xero")
    hub.clock.advance(hub.policy.flow_lifetime)
    answer = await in_flow.post(form.action, form.fields)
    assert answer.status_code == 400
    assert "Invalid or expired flow" in answer.text
    assert hub.gateway.trips == []
