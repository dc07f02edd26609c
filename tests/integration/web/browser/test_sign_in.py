"""Signing in, registering and signing out, with and without an authorization request."""

from urllib.parse import urlsplit

import pytest

from tests.support.hub import EMAIL, ISSUER, PASSWORD, Browser, MemoryHub, a_hub

pytestmark = pytest.mark.anyio


async def test_registering_leads_into_the_flow(hub: MemoryHub, browser: Browser) -> None:
    await browser.open(hub.authorize_path())
    page = await browser.register()
    assert page.url.startswith(f"{ISSUER}/integrations?flow=")
    assert f"Signed in as: {EMAIL}" in page.text


@pytest.mark.usefixtures("in_flow")
async def test_signing_in_with_that_account_leads_there_too(hub: MemoryHub) -> None:
    other = hub.browser()
    await other.open(hub.authorize_path())
    page = await other.sign_in()
    assert page.has("data-action", "continue")


@pytest.mark.usefixtures("in_flow")
@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com", "not an email"])
async def test_a_wrong_password_and_an_unknown_email_look_the_same(hub: MemoryHub, email: str) -> None:
    other = hub.browser()
    await other.open(hub.authorize_path())
    page = await other.sign_in(email, "not the password")
    assert page.status == 401
    assert page.has("role", "alert")
    assert "That email and password don’t match an account." in page.text


async def test_a_refused_form_keeps_the_email_and_the_request_but_not_the_password(
    hub: MemoryHub, browser: Browser
) -> None:
    await browser.open(hub.authorize_path())
    page = await browser.sign_in(EMAIL, "not the password")
    assert EMAIL in page.values("value")
    assert "not the password" not in page.html
    page = await browser.register()
    assert page.has("data-action", "continue")


@pytest.mark.parametrize(
    ("email", "password", "sentence"),
    [
        ("not an email", PASSWORD, "doesn’t look like an email address"),
        (EMAIL, "short", "at least 8 characters"),
        (EMAIL, "x" * 257, "at most 256 characters"),
        (EMAIL, "PassWord", "among the first anybody would guess"),
    ],
)
async def test_what_is_wrong_with_a_new_account_is_said(
    hub: MemoryHub, browser: Browser, email: str, password: str, sentence: str
) -> None:
    await browser.open(hub.authorize_path())
    page = await browser.register(email, password)
    assert page.status == 400
    assert sentence in page.text


@pytest.mark.usefixtures("in_flow")
async def test_an_email_can_be_taken_once(hub: MemoryHub) -> None:
    other = hub.browser()
    await other.open(hub.authorize_path())
    page = await other.register(EMAIL, "another good password")
    assert page.status == 400
    assert "There is an account with this email already" in page.text


async def test_registration_can_be_closed() -> None:
    async with a_hub(registration_open=False) as hub:
        browser = hub.browser()
        page = await browser.open(hub.authorize_path())
        assert "Create account" not in page.text
        fields = [*browser.form("/oauth/authorize/submit").fields, ("action", "register")]
        answer = await browser.post("/oauth/authorize/submit", dict(fields) | {"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 400
    assert "New accounts can’t be created here" in answer.text


async def test_a_button_that_is_not_on_the_page_is_refused(hub: MemoryHub, browser: Browser) -> None:
    await browser.open(hub.authorize_path())
    fields = dict(browser.form("/oauth/authorize/submit").fields) | {"email": EMAIL, "password": PASSWORD}
    answer = await browser.post("/oauth/authorize/submit", fields | {"action": "become_admin"})
    assert answer.status_code == 400


async def test_the_request_is_checked_again_when_the_form_comes_back(hub: MemoryHub, browser: Browser) -> None:
    await browser.open(hub.authorize_path())
    fields = dict(browser.form("/oauth/authorize/submit").fields) | {"email": EMAIL, "password": PASSWORD}
    forged = fields | {"action": "register", "redirect_uri": "https://evil.example/"}
    answer = await browser.post("/oauth/authorize/submit", forged)
    assert answer.status_code == 400
    assert "evil.example" not in answer.text
    assert browser.response.headers.get("location") is None


async def test_the_manage_page_asks_to_sign_in_first_and_then_shows(browser: Browser) -> None:
    page = await browser.open("/integrations")
    assert page.url == f"{ISSUER}/sign-in?return_to=integrations"
    page = await browser.register()
    assert page.url == f"{ISSUER}/integrations"


async def test_a_flow_is_kept_through_signing_in_again(in_flow: Browser) -> None:
    flow = in_flow.page.url
    await in_flow.press("data-action", "sign-out")
    page = await in_flow.open(flow.removeprefix(ISSUER))
    assert page.url.startswith(f"{ISSUER}/sign-in?")
    page = await in_flow.sign_in()
    assert page.url == flow
    assert page.has("data-action", "continue")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/elsewhere"])
async def test_where_signing_in_returns_to_cannot_be_chosen_by_a_link(browser: Browser, target: str) -> None:
    await browser.open(f"/sign-in?return_to={target}&flow={target}")
    page = await browser.register()
    assert page.url == f"{ISSUER}/integrations"


async def test_a_wrong_password_on_the_sign_in_page_keeps_the_flow(in_flow: Browser) -> None:
    flow = in_flow.page.url
    await in_flow.press("data-action", "sign-out")
    await in_flow.open(flow.removeprefix(ISSUER))
    page = await in_flow.sign_in(EMAIL, "not the password")
    assert page.status == 401
    page = await in_flow.sign_in()
    assert page.url == flow


async def test_signing_out_ends_the_session(managing: Browser) -> None:
    session = managing.http.cookies["__Host-pip_hub_session"]
    page = await managing.press("data-action", "sign-out")
    assert urlsplit(page.url).path == "/sign-in"
    assert "__Host-pip_hub_session" not in managing.http.cookies
    managing.http.cookies.set("__Host-pip_hub_session", session, domain="hub.example", path="/")
    page = await managing.open("/integrations")
    assert urlsplit(page.url).path == "/sign-in"


async def test_signing_out_twice_is_harmless(managing: Browser) -> None:
    signed_in = managing.page
    await managing.press("data-action", "sign-out")
    managing.page = signed_in
    page = await managing.press("data-action", "sign-out")
    assert urlsplit(page.url).path == "/sign-in"


async def test_using_another_account_signs_out_and_asks_the_same_request_again(in_flow: Browser) -> None:
    page = await in_flow.press("data-action", "other-account")
    assert urlsplit(page.url).path == "/oauth/authorize"
    assert "Sample client wants to connect" in page.text
    page = await in_flow.register("other@example.com")
    assert "Signed in as: other@example.com" in page.text
    url = await in_flow.leave("data-action", "continue")
    assert "state=state+of+the+client" in url


async def test_a_sign_out_form_with_a_repeated_request_signs_nobody_out(in_flow: Browser) -> None:
    fields = [*in_flow.form("/sign-out").fields, ("state", "another")]
    answer = await in_flow.post("/sign-out", fields)
    assert answer.status_code == 400
    assert "Signed in as" in (await in_flow.open("/integrations")).text


async def test_a_session_ends_after_thirty_days_without_a_visit(hub: MemoryHub, managing: Browser) -> None:
    hub.clock.advance(hub.policy.session_lifetime)
    page = await managing.open("/integrations")
    assert urlsplit(page.url).path == "/sign-in"
