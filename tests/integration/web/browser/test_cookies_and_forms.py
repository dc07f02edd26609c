"""The two cookies, and the proof in every form that it is ours."""

import pytest

from tests.support.hub import EMAIL, ISSUER, PASSWORD, Browser, MemoryHub, a_hub

pytestmark = pytest.mark.anyio

SESSION, BROWSER = "__Host-pip_hub_session", "__Host-pip_hub_browser"


def set_cookies(browser: Browser) -> dict[str, str]:
    """The cookies that the last answer set, with their attributes."""
    lines = browser.response.headers.get_list("set-cookie")
    return {line.partition("=")[0]: line.partition("; ")[2] for line in lines}


async def test_the_sign_in_page_introduces_the_browser_for_a_year(hub: MemoryHub, browser: Browser) -> None:
    await browser.open(hub.authorize_path())
    cookies = set_cookies(browser)
    assert cookies[BROWSER] == "HttpOnly; Max-Age=31536000; Path=/; SameSite=lax; Secure"
    assert SESSION not in cookies


async def test_a_browser_that_is_known_keeps_its_secret(hub: MemoryHub, browser: Browser) -> None:
    await browser.open(hub.authorize_path())
    await browser.open(hub.authorize_path())
    assert set_cookies(browser) == {}


async def test_signing_in_sets_a_session_for_thirty_days(hub: MemoryHub, browser: Browser) -> None:
    await browser.open(hub.authorize_path())
    fields = [*browser.form("/submit").fields, ("action", "register")]
    await browser.post("/oauth/authorize/submit", dict(fields) | {"email": EMAIL, "password": PASSWORD})
    assert set_cookies(browser) == {SESSION: "HttpOnly; Max-Age=2592000; Path=/; SameSite=lax; Secure"}


async def test_the_hub_page_lets_both_live_on_with_the_same_values(in_flow: Browser) -> None:
    before = dict(in_flow.http.cookies)
    await in_flow.open("/integrations")
    assert set_cookies(in_flow).keys() == {SESSION, BROWSER}
    assert dict(in_flow.http.cookies) == before


async def test_every_sign_in_gets_a_session_of_its_own_and_ends_the_one_before(managing: Browser) -> None:
    first = managing.http.cookies[SESSION]
    await managing.open("/sign-in")
    await managing.sign_in()
    second = managing.http.cookies[SESSION]
    assert first != second
    managing.http.cookies.set(SESSION, first, domain="hub.example", path="/")
    page = await managing.open("/integrations")
    assert "/sign-in" in page.url


async def test_on_plain_http_the_names_are_bare_and_nothing_is_secure() -> None:
    async with a_hub(issuer="http://localhost:8400") as hub:
        browser = hub.browser()
        await browser.open(hub.authorize_path())
        cookies = set_cookies(browser)
        assert cookies["pip_hub_browser"] == "HttpOnly; Max-Age=31536000; Path=/; SameSite=lax"
        page = await browser.register()
    assert page.has("data-action", "continue")


@pytest.mark.parametrize("value", ["", "short", "x" * 44, "ü" * 43, "a" * 42 + "\x7f", "' OR 1=1 --" + "x" * 32])
async def test_a_malformed_cookie_is_as_good_as_none(hub: MemoryHub, value: str) -> None:
    browser = hub.browser()
    for name in (SESSION, BROWSER):
        browser.http.headers["Cookie"] = f"{name}={value}".encode().decode("latin-1")
        page = await browser.open("/integrations")
        assert page.status == 200
        assert "Sign in" in page.text


async def test_two_tabs_opened_at_once_before_there_is_a_cookie_both_work(hub: MemoryHub) -> None:
    """Each of them gets a browser secret of its own; the browser keeps the one that arrives last."""
    one, other = hub.browser(), hub.browser()
    first = await one.open(hub.authorize_path())
    await other.open(hub.authorize_path())
    one.http.cookies.update(other.http.cookies)
    one.page = first
    page = await one.register()
    assert page.status == 200
    assert page.has("data-action", "continue")
    assert "code=" in await one.leave("data-action", "continue")


async def test_a_sign_in_page_still_works_after_signing_in_in_another_tab(hub: MemoryHub, browser: Browser) -> None:
    first = await browser.open(hub.authorize_path())
    await browser.open(hub.authorize_path())
    await browser.register()
    browser.page = first
    page = await browser.sign_in()
    assert page.has("data-action", "continue")


FORGERIES = [None, "", "x" * 43, "ü\U0001f600"]


def forged(fields: dict[str, str], csrf: str | None) -> dict[str, str]:
    """The fields with another proof, or without any."""
    others = {name: value for name, value in fields.items() if name != "csrf"}
    return others if csrf is None else others | {"csrf": csrf}


@pytest.mark.parametrize("csrf", FORGERIES, ids=["missing", "empty", "made up", "not ASCII"])
@pytest.mark.parametrize(
    "path",
    [
        "/integrations/xero",
        "/integrations/xero/disconnect",
        "/integrations/complete",
        "/integrations/cancel",
        "/sign-out",
    ],
)
async def test_a_form_without_its_proof_changes_nothing_and_leads_back(
    hub: MemoryHub, in_flow: Browser, path: str, csrf: str | None
) -> None:
    fields = {"flowId": in_flow.page.url.partition("flow=")[2], "level": "read"}
    fields |= dict(in_flow.form("/sign-out").fields)
    answer = await in_flow.post(path, forged(fields, csrf))
    assert answer.status_code == 403
    assert "This form is out of date" in answer.text
    assert "Back to your integrations" in answer.text or path == "/sign-out"
    assert hub.gateway.trips == []
    page = await in_flow.open(in_flow.page.url.removeprefix(ISSUER))
    assert page.has("data-action", "continue")


@pytest.mark.parametrize("csrf", FORGERIES, ids=["missing", "empty", "made up", "not ASCII"])
@pytest.mark.parametrize("start", ["authorize", "sign-in"])
async def test_a_sign_in_form_without_its_proof_is_shown_again_and_then_works(
    hub: MemoryHub, browser: Browser, start: str, csrf: str | None
) -> None:
    await browser.open(hub.authorize_path() if start == "authorize" else "/sign-in")
    form = browser.form("/submit" if start == "authorize" else "/sign-in")
    fields = dict(form.fields) | {"email": EMAIL, "password": PASSWORD, "action": "register"}
    answer = await browser.post(form.action, forged(fields, csrf))
    assert answer.status_code == 403
    assert "This page was out of date" in answer.text
    assert SESSION not in browser.http.cookies
    browser.look_at(answer)
    page = await browser.register()
    assert f"Signed in as: {EMAIL}" in page.text


async def test_a_browser_that_keeps_no_cookies_is_told_so(hub: MemoryHub, browser: Browser) -> None:
    await browser.open(hub.authorize_path())
    browser.http.cookies.clear()
    page = await browser.register()
    assert page.status == 403
    assert "your browser doesn’t keep our cookies" in page.text


async def test_another_browsers_proof_is_no_proof(hub: MemoryHub, in_flow: Browser) -> None:
    other = hub.browser()
    await other.open("/integrations")
    await other.register("other@example.com")
    stolen = dict(other.form("/sign-out").fields)["csrf"]
    answer = await in_flow.post("/integrations/xero", {"csrf": stolen, "level": "read"})
    assert answer.status_code == 403


async def test_the_proof_of_an_earlier_session_is_out_of_date(managing: Browser) -> None:
    old = managing.form("/integrations/xero")
    await managing.open("/sign-in")
    await managing.sign_in()
    answer = await managing.post(old.action, old.fields)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "", "Origin": "https://evil.example"},
        {"Sec_Fetch_Site": "", "Origin": "http://hub.example"},
        {"Origin": "null"},
    ],
)
async def test_a_form_that_another_site_sends_is_refused_whatever_it_says(
    hub: MemoryHub, in_flow: Browser, headers: dict[str, str]
) -> None:
    form = in_flow.form("/integrations/xero")
    answer = await in_flow.post(form.action, form.fields, **headers)
    assert answer.status_code == 403
    assert hub.gateway.trips == []


async def test_an_old_browser_that_says_nothing_of_origins_works(in_flow: Browser) -> None:
    form = in_flow.form("/integrations/xero")
    answer = await in_flow.post(form.action, form.fields, Sec_Fetch_Site="", Origin="")
    assert answer.status_code == 303


@pytest.mark.parametrize("path", ["/integrations/xero", "/integrations/xero/disconnect", "/integrations/complete"])
async def test_without_a_session_a_form_asks_to_sign_in_and_leads_back_to_the_flow(in_flow: Browser, path: str) -> None:
    flow_id = in_flow.page.url.partition("flow=")[2]
    fields = {"flowId": flow_id, "level": "read"} | dict(in_flow.form("/sign-out").fields)
    in_flow.http.cookies.delete(SESSION)
    answer = await in_flow.post(path, fields)
    assert answer.status_code == 401
    assert f"/sign-in?return_to=integrations&amp;flow={flow_id}" in answer.text


async def test_an_expired_session_asks_to_sign_in_as_well(hub: MemoryHub, managing: Browser) -> None:
    form = managing.form("/integrations/xero")
    hub.clock.advance(hub.policy.session_lifetime)
    answer = await managing.post(form.action, form.fields)
    assert answer.status_code == 401


async def test_no_page_shows_a_secret_of_the_browser(in_flow: Browser) -> None:
    for name in (SESSION, BROWSER):
        assert in_flow.http.cookies[name] not in in_flow.page.html


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/oauth/authorize/submit"])
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}]
)
async def test_a_post_from_another_site_changes_no_cookie(browser: Browser, path: str, headers: dict[str, str]) -> None:
    # A browser sends none of our Lax cookies along, but would obey Set-Cookie on the answer.
    fields = {"action": "sign_in", "email": EMAIL, "password": PASSWORD}
    answer = await browser.post(path, fields, **headers)
    assert answer.status_code == 403
    assert set_cookies(browser) == {}


async def test_signing_out_without_a_session_deletes_no_cookie(browser: Browser) -> None:
    answer = await browser.post("/sign-out", {})
    assert answer.status_code == 303
    assert set_cookies(browser) == {}
