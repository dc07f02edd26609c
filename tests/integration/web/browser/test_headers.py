"""The headers of every answer, and where forms may lead (docs/decisions/0002-form-action.md)."""

import pytest

from pip_hub.domain.redirect_uri import RedirectUri
from tests.builders import a_client
from tests.support.hub import ISSUER, Browser, a_hub

pytestmark = pytest.mark.anyio


def directives(browser: Browser) -> dict[str, str]:
    policy = browser.response.headers["content-security-policy"]
    return {name: value for name, _, value in (part.strip().partition(" ") for part in policy.split(";"))}


@pytest.mark.parametrize(
    "path",
    ["/sign-in", "/integrations", "/activity", "/nowhere", "/integrations/status", "/oauth/authorize", "/healthz"],
)
async def test_every_answer_is_harmless(managing: Browser, path: str) -> None:
    await managing.open(path)
    headers = managing.response.headers
    policy = directives(managing)
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert "script-src" not in policy
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert headers["strict-transport-security"] == "max-age=31536000"


async def test_redirects_are_harmless_too(browser: Browser) -> None:
    answer = await browser.http.get(f"{ISSUER}/integrations")
    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"


async def test_plain_http_is_not_promised_to_be_https() -> None:
    async with a_hub(issuer="http://localhost:8400") as hub:
        browser = hub.browser()
        await browser.open("/sign-in")
    assert "strict-transport-security" not in browser.response.headers


@pytest.mark.parametrize(
    ("redirect_uri", "source"),
    [
        ("https://client.example/callback", ""),
        ("http://localhost:33418/callback", " http://localhost:33418"),
        ("http://127.0.0.1:33418/callback", " http://127.0.0.1:33418"),
        ("http://127.0.0.1/callback", " http://127.0.0.1"),
        ("http://[::1]:33418/callback", " http:"),
        ("cursor://anysphere.cursor/callback", " cursor:"),
        ("com.example.app:/callback", " com.example.app:"),
    ],
)
async def test_forms_in_a_flow_may_lead_to_https_and_to_this_very_client(redirect_uri: str, source: str) -> None:
    async with a_hub(client=a_client(redirect_uris=(RedirectUri(redirect_uri),))) as hub:
        browser = hub.browser()
        await browser.open(hub.authorize_path())
        assert directives(browser)["form-action"] == f"'self' https:{source}"
        await browser.sign_in()
        assert directives(browser)["form-action"] == f"'self' https:{source}"
        await browser.register()
        assert directives(browser)["form-action"] == f"'self' https:{source}"


async def test_a_provider_that_is_not_https_may_be_led_to_as_well() -> None:
    overrides = {"xero": {"authorize_url": "http://localhost:8401/xero/authorize"}}
    async with a_hub(overrides=overrides) as hub:
        browser = hub.browser()
        await browser.open(hub.authorize_path())
        await browser.register()
        assert directives(browser)["form-action"] == "'self' https: http://localhost:8401"
        await browser.open("/integrations")
        assert directives(browser)["form-action"] == "'self' https: http://localhost:8401"


@pytest.mark.parametrize("path", ["/sign-in", "/activity", "/nowhere", "/oauth/authorize?client_id=nobody"])
async def test_other_pages_lead_nowhere_but_here(browser: Browser, path: str) -> None:
    await browser.open(path)
    assert directives(browser)["form-action"] == "'self'"


async def test_only_the_manage_page_cuts_itself_off_from_whoever_opened_it(in_flow: Browser) -> None:
    """A client may run the flow in a popup, and waits there for its answer."""
    assert "cross-origin-opener-policy" not in in_flow.response.headers
    await in_flow.open("/integrations")
    assert in_flow.response.headers["cross-origin-opener-policy"] == "same-origin"


async def test_what_pages_load_is_there_and_may_be_kept(in_flow: Browser) -> None:
    paths = [value for value in (*in_flow.page.values("href"), *in_flow.page.values("src")) if "/static/" in value]
    assert len(paths) >= 5
    for path in paths:
        answer = await in_flow.http.get(f"{ISSUER}{path}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=86400"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "?v=" in path


async def test_an_icon_nobody_has_drawn_is_the_common_one() -> None:
    async with a_hub(overrides={"xero": {"icon": "unheard-of"}}) as hub:
        browser = hub.browser()
        await browser.open("/integrations")
        page = await browser.register()
    assert any("/icons/connector.svg" in source for source in page.values("src"))
