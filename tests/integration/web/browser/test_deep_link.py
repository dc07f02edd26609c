"""`connect_url`: an app sends its user to the hub for one connector."""

import pytest

from pip_hub.domain.connector_link import Attention
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes
from tests.support.hub import CREDENTIALS, EMAIL, ISSUER, Browser, MemoryHub, a_hub

pytestmark = pytest.mark.anyio

LINK = "/integrations?connect=google_sheets"
BACK = "Then go back to the app that sent you here."


async def test_the_card_that_is_wanted_comes_first_and_a_line_says_what_to_do(managing: Browser) -> None:
    page = await managing.open(LINK)
    assert page.values("data-connector") == ["google_sheets", "xero", "gmail"]
    assert [each for each in page.values("class") if "wanted" in each] == ["card wanted"]
    assert f"To go on, connect Google Sheets. {BACK}" in page.text
    assert 'role="status" tabindex="-1" autofocus' in page.html


async def test_it_is_kept_through_signing_in(hub: MemoryHub, browser: Browser) -> None:
    page = await browser.open(LINK)
    assert page.url == f"{ISSUER}/sign-in?return_to=integrations&connect=google_sheets"
    page = await browser.register()
    assert page.url == f"{ISSUER}{LINK}"
    assert "To go on, connect Google Sheets." in page.text
    other = hub.browser()
    await other.open(LINK)
    await other.sign_in(EMAIL, "not the password")
    assert (await other.sign_in()).url == f"{ISSUER}{LINK}"


async def test_after_connecting_one_can_go_back_to_the_app(managing: Browser) -> None:
    await managing.open(LINK)
    page = await managing.connect("google_sheets")
    assert "✓ Google Sheets connected: owner@example.com" in page.text
    assert "If an app sent you here, you can go back to it now." in page.text


async def test_inside_a_flow_one_goes_on_with_continue(in_flow: Browser) -> None:
    link = f"{in_flow.page.url.removeprefix(ISSUER)}&connect=gmail"
    page = await in_flow.open(link)
    assert page.values("data-connector")[0] == "gmail"
    assert "To go on, connect Gmail. Then press Continue." in page.text
    await in_flow.connect("gmail")
    page = await in_flow.open(link)
    assert (
        "Gmail is connected (Read-only). If the app needs more, change the access below. Otherwise press" in page.text
    )
    assert page.has("data-action", "continue")


async def test_what_is_connected_already_may_be_too_little_for_the_app(managing: Browser) -> None:
    await managing.connect("google_sheets")
    page = await managing.open(LINK)
    assert "Google Sheets is connected (Read-only)." in page.text
    assert "Otherwise you can go back to the app that sent you here." in page.text


async def test_a_connector_with_one_level_has_no_access_to_change() -> None:
    levels = {"levels": {"read": ["https://www.googleapis.com/auth/spreadsheets.readonly"]}, "implies": {}}
    async with a_hub(overrides={"google_sheets": levels}) as hub:
        browser = hub.browser()
        await browser.open(LINK)
        await browser.register()
        await browser.connect("google_sheets")
        page = await browser.open(LINK)
    assert "Google Sheets is connected. Now you can go back to the app that sent you here." in page.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"attention": Attention.GRANT_ENDED}, "To go on, reconnect Xero."),
        ({"attention": Attention.ORGANISATION_GONE}, "To go on, reconnect Xero."),
        ({"attention": Attention.ORGANISATION_NOT_CHOSEN}, "To go on, choose an organisation for Xero."),
        ({"level": Level.WRITE}, "To go on, allow the rest at Xero."),
        ({"granted": Scopes()}, "To go on, allow the rest at Xero."),
    ],
)
async def test_what_is_wrong_is_what_is_left_to_do(
    hub: MemoryHub, managing: Browser, changes: dict[str, object], words: str
) -> None:
    await managing.connect("xero")
    await hub.change_link("xero", **changes)
    page = await managing.open("/integrations?connect=xero")
    assert f"{words} {BACK}" in page.text


async def test_a_connector_that_cannot_be_connected_here_is_said_to_be_so() -> None:
    async with a_hub(credentials={"xero": CREDENTIALS["xero"]}) as hub:
        browser = hub.browser()
        await browser.open(LINK)
        page = await browser.register()
    assert "Google Sheets can’t be connected here yet." in page.text


@pytest.mark.parametrize("key", ["nothing", "", "XERO", "%3Cb%3Exero", "https%3A%2F%2Fevil.example", "xero/../gmail"])
async def test_only_known_keys_count_and_nothing_else_is_reflected(browser: Browser, key: str) -> None:
    page = await browser.open(f"/integrations?connect={key}")
    assert page.url == f"{ISSUER}/sign-in?return_to=integrations"
    page = await browser.open(f"/sign-in?return_to=integrations&connect={key}")
    assert "connect=" not in page.html
    page = await browser.register()
    assert page.url == f"{ISSUER}/integrations"
    page = await browser.open(f"/integrations?connect={key}")
    assert page.values("data-connector") == ["xero", "gmail", "google_sheets"]
    assert not page.has("role")
    assert "evil" not in page.html
    assert "<b>" not in page.html


async def test_two_keys_at_once_are_refused(managing: Browser) -> None:
    assert (await managing.open("/integrations?connect=xero&connect=gmail")).status == 400


@pytest.mark.parametrize("return_to", ["https://evil.example", "//evil.example", "apps", "Activity"])
async def test_signing_in_leads_only_to_pages_of_ours(browser: Browser, return_to: str) -> None:
    page = await browser.open(f"/sign-in?return_to={return_to}")
    assert "evil" not in page.html
    assert (await browser.register()).url == f"{ISSUER}/integrations"
