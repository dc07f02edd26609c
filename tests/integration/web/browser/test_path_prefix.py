"""A public URL with a path: behind a proxy that takes the path away, and behind one that leaves it."""

import pytest

from tests.support.hub import Browser, a_hub

pytestmark = pytest.mark.anyio

ISSUER = "https://example.com/pip"


async def test_a_whole_journey_below_the_prefix() -> None:
    async with a_hub(issuer=ISSUER) as hub:
        browser = hub.browser()
        await browser.open(hub.authorize_path())
        page = await browser.register()
        assert page.url.startswith(f"{ISSUER}/integrations?flow=")
        page = await browser.connect("xero")
        assert "✓ Xero connected" in page.text
        url = await browser.leave("data-action", "continue")
    assert "iss=https%3A%2F%2Fexample.com%2Fpip" in url


async def test_every_link_form_and_file_has_the_prefix() -> None:
    async with a_hub(issuer=ISSUER) as hub:
        browser = hub.browser()
        await browser.open("/integrations")
        page = await browser.register()
        for path in [*page.values("action"), *page.values("href"), *page.values("src")]:
            assert path.startswith("/pip/")
        for path in [*page.values("href"), *page.values("src")]:
            assert (await browser.http.get(f"https://example.com{path}")).status_code == 200


async def test_a_proxy_may_take_the_prefix_away() -> None:
    async with a_hub(issuer=ISSUER) as hub:
        browser = hub.browser()
        answer = await browser.http.get("https://example.com/integrations")
        assert answer.headers["location"] == f"{ISSUER}/sign-in?return_to=integrations"
        assert (await browser.http.get("https://example.com/sign-in")).status_code == 200
        assert (await browser.http.get("https://example.com/integrations/status")).status_code == 401


async def test_below_the_prefix_errors_look_the_same() -> None:
    async with a_hub(issuer=ISSUER) as hub:
        browser = hub.browser()
        assert (await browser.open("/nowhere")).status == 404
        assert "Page not found" in browser.page.text
        await browser.open("/integrations/status")
        assert browser.response.json()["error"] == "not_signed_in"
        assert (await browser.http.get(f"{ISSUER}/sign-in/")).status_code == 404
        assert (await browser.http.put(f"{ISSUER}/oauth/token")).json()["error"] == "method_not_allowed"


async def test_the_origin_of_forms_is_the_public_urls_without_its_path() -> None:
    async with a_hub(issuer=ISSUER) as hub:
        browser: Browser = hub.browser()
        await browser.open("/integrations")
        page = await browser.register()
    assert page.status == 200


async def test_the_host_header_changes_nothing() -> None:
    async with a_hub(issuer=ISSUER) as hub:
        browser = hub.browser()
        answer = await browser.http.get(f"{ISSUER}/integrations", headers={"Host": "evil.example"})
        assert answer.headers["location"].startswith(ISSUER)
        page = await browser.http.get(f"{ISSUER}/sign-in", headers={"Host": "evil.example", "X-Forwarded-Host": "evil"})
        assert "evil" not in page.text
