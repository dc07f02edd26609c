"""Form posts that end elsewhere, in a real Chromium: it holds every redirect after a form against `form-action`."""

import socket
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import expect

from tests.e2e.client_app import ClientApp, SentOut, register_client
from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.far_away import SECOND, FarAway, Page, site
from tests.e2e.person import Person

pytestmark = pytest.mark.anyio


def _is_here(host: str) -> bool:
    """Whether one can listen there: not every machine has IPv6."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host.strip("[]"), 0), family=family).close()
    except OSError:
        return False
    return True


LOOPBACK = [host for host in ("127.0.0.1", "localhost", "[::1]") if _is_here(host)]


@pytest.mark.parametrize("host", LOOPBACK)
async def test_connect_and_continue_lead_to_a_client_on_this_machine(demo: Demo, meet: Meet, host: str) -> None:
    person = await meet()
    async with site(host) as callback:
        app = await register_client(demo.hub, demo.mcp_server, f"{callback.origin}/callback")
        sent_out = await _reach_continue(person, app)
        await person.press("continue")
        await expect(person.result("elsewhere")).to_be_visible()
        await _one_good_answer(demo, app, sent_out, callback.answers())
    assert person.violations == []


async def test_connect_and_continue_lead_to_an_https_client_and_on_to_the_next_site(
    demo: Demo, meet: Meet, far_away: FarAway
) -> None:
    person = await meet()
    app = await register_client(demo.hub, demo.mcp_server, f"{far_away.site.origin}/callback")
    sent_out = await _reach_continue(person, app)
    await person.press("continue")
    await expect(person.page).to_have_url(f"https://{SECOND}/welcome")
    await expect(person.result("elsewhere")).to_be_visible()
    await _one_good_answer(demo, app, sent_out, far_away.site.answers())
    assert person.violations == []


async def test_signing_in_and_cancelling_lead_back_too(demo: Demo, meet: Meet, far_away: FarAway) -> None:
    person = await meet()
    app = await register_client(demo.hub, demo.mcp_server, f"{far_away.site.origin}/cancelled/callback")
    sent_out = app.send_out()
    await person.open(sent_out.url)
    await person.sign_in("register")
    await person.sees_hub()
    await person.press("cancel")
    await expect(person.result("elsewhere")).to_be_visible()
    assert far_away.site.answers("/cancelled/callback") == [
        {"error": "access_denied", "state": sent_out.state, "iss": demo.hub}
    ]
    await person.page.go_back()
    await expect(person.page.locator("h1")).to_have_text("You have already said no")
    await person.press("way-back")
    await expect(person.result("elsewhere")).to_be_visible()
    assert person.violations == []


async def test_an_app_with_a_scheme_of_its_own_gets_its_answer(demo: Demo, meet: Meet) -> None:
    person = await meet()
    app = await register_client(demo.hub, demo.mcp_server, "cursor://anysphere.cursor-mcp/oauth/callback?keep=1")
    sent_out = await _reach_continue(person, app)
    async with person.page.expect_response("**/integrations/complete") as posted:
        await person.press("continue")
    response = await posted.value
    location = urlsplit((await response.all_headers())["location"])
    answer = {name: values[0] for name, values in parse_qs(location.query).items()}
    assert (response.status, location.scheme, location.netloc, location.path) == (
        303,
        "cursor",
        "anysphere.cursor-mcp",
        "/oauth/callback",
    )
    assert answer.pop("keep") == "1"
    await _one_good_answer(demo, app, sent_out, [answer])
    assert person.violations == []


async def test_a_violation_would_be_noticed(meet: Meet) -> None:
    """The other tests see none; this one makes one, on a page that may only post to itself."""
    person = await meet()
    async with site("127.0.0.1") as elsewhere, site("127.0.0.1", lambda _visit: f"{elsewhere.origin}/") as strict:
        form = Page(html='<form method="post" action="/away"><button data-action="go">Go', policy="form-action 'self'")
        strict.pages["/form"] = form
        await person.open(f"{strict.origin}/form")
        async with person.context.expect_event("console", lambda message: "form-action" in message.text):
            await person.press("go")
    assert len(person.violations) == 1
    assert "form-action" in person.violations[0]
    assert elsewhere.visits == []


async def _reach_continue(person: Person, app: ClientApp) -> SentOut:
    """Sign in and connect something, up to where Continue can be pressed."""
    sent_out = app.send_out()
    await person.open(sent_out.url)
    await person.sign_in("register")
    await person.connect("xero", organisation="Demo Company (AU)")
    await expect(person.banner).to_contain_text("✓ Xero connected: Demo Company (AU)")
    return sent_out


async def _one_good_answer(demo: Demo, app: ClientApp, sent_out: SentOut, answers: list[dict[str, str]]) -> None:
    """The client got one code, with its own state and the right issuer, and the code is good."""
    assert len(answers) == 1
    assert answers[0].keys() == {"code", "state", "iss"}
    assert (answers[0]["state"], answers[0]["iss"]) == (sent_out.state, demo.hub)
    tokens = await app.redeem(answers[0]["code"], sent_out)
    assert tokens.status_code == 200, tokens.text
