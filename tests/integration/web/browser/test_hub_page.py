"""GET /integrations: who asks, what it will be able to do, and the cards."""

import pytest

from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.redirect_uri import RedirectUri
from tests.builders import a_client, a_resource
from tests.support.hub import CREDENTIALS, EMAIL, ISSUER, Browser, MemoryHub, a_hub

pytestmark = pytest.mark.anyio


async def test_the_hub_names_the_account_the_client_and_where_the_answer_will_go(in_flow: Browser) -> None:
    page = in_flow.page
    assert page.status == 200
    assert page.text.startswith("Pip Integrations Pip Pip Integrations")
    assert f"Signed in as: {EMAIL}" in page.text
    assert "Sample client wants to connect" in page.text
    assert "Afterwards you go back to client.example" in page.text


async def test_the_hub_says_what_the_client_will_be_able_to_do(hub: MemoryHub, in_flow: Browser) -> None:
    assert "use Sample MCP server ( mcp.example ) as you: its tools" in in_flow.page.text
    page = await in_flow.open(hub.authorize_path(scope="mcp:tools mcp:read"))
    assert "<code>mcp:read</code>" in page.html


async def test_the_cards_stand_in_the_order_of_the_catalogue(in_flow: Browser) -> None:
    page = in_flow.page
    assert "Connect the services you want Pip to access:" in page.text
    assert page.values("data-connector") == ["xero", "gmail", "google_sheets"]
    assert page.values("data-status") == ["not_connected"] * 3


@pytest.mark.parametrize(
    "words",
    [
        "Xero Access invoices, bank accounts, and reports",
        "Gmail Search emails and download invoices Testing mode (limited to 100 users)",
        "Google Sheets Read and write spreadsheet data",
    ],
)
async def test_a_card_has_name_pitch_and_notice(in_flow: Browser, words: str) -> None:
    assert words in in_flow.page.text


async def test_a_card_has_one_button_and_a_choice_of_levels_that_begins_with_the_careful_one(in_flow: Browser) -> None:
    form = in_flow.form("/integrations/gmail")
    assert len(form.buttons) == 1
    assert dict(form.fields)["level"] == "read"


async def test_a_connector_with_one_level_offers_no_choice() -> None:
    overrides = {"xero": {"levels": {"write": ["accounting.invoices"]}, "implies": {}}}
    async with a_hub(overrides=overrides) as hub:
        browser = hub.browser()
        await browser.open("/integrations")
        await browser.register()
        assert ("level", "write") in browser.form("/integrations/xero").fields
        assert "Access to Xero" not in browser.page.text


async def test_a_connector_without_credentials_is_coming_soon_and_has_no_button() -> None:
    async with a_hub(credentials={"xero": CREDENTIALS["xero"]}) as hub:
        browser = hub.browser()
        await browser.open("/integrations")
        page = await browser.register()
    assert page.values("data-status") == ["not_connected", "unavailable", "unavailable"]
    assert page.text.count("Coming soon") == 2
    assert len([form for form in page.forms if form.action.startswith("/integrations/")]) == 1


async def test_inside_a_flow_there_are_continue_skip_and_cancel(in_flow: Browser) -> None:
    page = in_flow.page
    assert page.values("data-action")[-3:] == ["continue", "skip", "cancel"]
    assert "Continue to Sample client →" in page.text
    assert "Skip for now →" in page.text
    assert "Don’t give Sample client access" in page.text
    assert "You can connect more services later from the Pip app" in page.text


async def test_the_manage_page_has_none_of_them(managing: Browser) -> None:
    page = managing.page
    assert page.text.startswith("Manage integrations – Pip Integrations")
    assert not {"continue", "skip", "cancel", "other-account"} & set(page.values("data-action"))
    assert "wants to connect" not in page.text


async def test_the_pip_app_is_linked_when_there_is_one_and_goes_by_the_operators_name() -> None:
    async with a_hub(brand="Pebble", app_url="https://pebble.example/app") as hub:
        browser = hub.browser()
        await browser.open(hub.authorize_path())
        page = await browser.register()
        assert '<a href="https://pebble.example/app">Pebble app</a>' in page.html
        assert "Pebble Integrations" in page.text
        page = await browser.open("/integrations")
        assert '<a href="https://pebble.example/app">Back to the Pebble app</a>' in page.html


async def test_no_query_can_put_words_on_the_page(in_flow: Browser) -> None:
    page = await in_flow.open("/integrations?connected=xero&failed=gmail&message=Send+money")
    assert not page.has("role", "status")
    assert not page.has("role", "alert")
    assert "Send money" not in page.text


@pytest.mark.parametrize("flow", ["unknown", "%27%22%3E%3Cb%3E", "x" * 3000])
async def test_an_unknown_flow_gets_the_one_answer_and_a_way_forward(managing: Browser, flow: str) -> None:
    page = await managing.open(f"/integrations?flow={flow}")
    assert page.status == 400
    assert "Invalid or expired flow" in page.text
    assert "Go back to the app you came from and connect again" in page.text
    assert "/integrations" in page.values("href")
    assert flow == "unknown" or flow not in page.html


async def test_another_users_flow_looks_like_no_flow(hub: MemoryHub, in_flow: Browser) -> None:
    other = hub.browser()
    await other.open(hub.authorize_path())
    await other.register("other@example.com")
    page = await other.open(in_flow.page.url.removeprefix(ISSUER))
    assert page.status == 400
    assert "Invalid or expired flow" in page.text
    assert "Sample client" not in page.text


async def test_the_same_user_in_another_browser_has_not_got_the_flow(hub: MemoryHub, in_flow: Browser) -> None:
    other = hub.browser()
    await other.open("/integrations")
    await other.sign_in()
    page = await other.open(in_flow.page.url.removeprefix(ISSUER))
    assert page.status == 400


async def test_a_flow_ends_after_half_an_hour(hub: MemoryHub, in_flow: Browser) -> None:
    hub.clock.advance(hub.policy.flow_lifetime)
    page = await in_flow.open(in_flow.page.url.removeprefix(ISSUER))
    assert page.status == 400
    assert "Invalid or expired flow" in page.text


async def test_required_connectors_are_named_and_skip_is_not_offered() -> None:
    async with a_hub(required_connectors=("xero", "gmail")) as hub:
        browser = hub.browser()
        await browser.open(hub.authorize_path())
        page = await browser.register()
        assert "Xero and Gmail is needed" not in page.text
        assert "Connect Xero and Gmail to continue." in page.text
        assert "skip" not in page.values("data-action")
        page = await browser.press("data-action", "continue")
        assert page.status == 409
        assert page.values("role") == ["alert"]
        assert "Connect Xero and Gmail first, then continue." in page.text
        await browser.connect("xero")
        await browser.connect("gmail")
        url = await browser.leave("data-action", "continue")
    assert url.startswith("https://client.example/callback?code=")


async def test_a_flow_whose_resource_was_removed_meanwhile_has_ended(hub: MemoryHub, in_flow: Browser) -> None:
    async with hub.storage.unit_of_work() as work:
        await work.resources.remove(a_resource().uri)
        await work.commit()
    page = await in_flow.open(in_flow.page.url.removeprefix(ISSUER))
    assert page.status == 400


async def test_html_in_names_and_emails_stays_text() -> None:
    nasty = a_client(
        name="<img src=x onerror=alert(1)>\"'&",
        redirect_uris=(RedirectUri("https://client.example/callback?a=%22%3E&b='"),),
    )
    async with a_hub(client=nasty, overrides={"xero": {"name": "<b>Xero</b>", "pitch": "<i>", "notice": "<u>"}}) as hub:
        browser = hub.browser()
        pages = [await browser.open(hub.authorize_path(state="<script>alert(1)</script>\"'"))]
        pages.append(await browser.sign_in('"><script>alert(2)</script>@example.com', "x" * 10))
        pages.append(await browser.register("o'neil&co<>@example.com"))
        pages.append(await browser.register("o'neil&co@example.com"))
        pages.append(await browser.connect("xero", error="<script>"))
        assert await browser.leave("data-action", "cancel")
        pages.append(await browser.press("data-action", "cancel"))
    for page in pages:
        assert not page.has("onerror")
        for raw in ("<img src=x", "<script", "<b>", "<i>", "<u>", "b='\""):
            assert raw not in page.html
    assert "<img src=x onerror=alert(1)>\"'&" in pages[0].text
    assert "o'neil&co@example.com" in pages[3].text


async def test_a_malformed_flow_id_is_not_carried_to_the_sign_in_page(hub: MemoryHub) -> None:
    browser = hub.browser()
    page = await browser.open(f"/integrations?flow={FlowId('../../evil')}")
    assert page.url == f"{ISSUER}/sign-in?return_to=integrations"
