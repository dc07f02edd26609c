"""GET /oauth/authorize: the request is checked before anybody is asked for anything."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from pip_hub.domain.redirect_uri import RedirectUri
from tests.builders import a_client
from tests.support.hub import ISSUER, STATE, Browser, MemoryHub, a_hub

pytestmark = pytest.mark.anyio


async def test_somebody_who_is_not_signed_in_sees_who_asks_and_where_the_answer_will_go(
    hub: MemoryHub, browser: Browser
) -> None:
    page = await browser.open(hub.authorize_path())
    assert page.status == 200
    assert "Sample client wants to connect to your Pip account" in page.text
    assert "client.example" in page.text


async def test_the_request_travels_in_the_form(hub: MemoryHub, browser: Browser) -> None:
    await browser.open(hub.authorize_path())
    form = browser.form("/oauth/authorize/submit")
    request = hub.authorization_request()
    assert {name: value for name, value in form.fields if name in request} == request


async def test_the_form_has_the_two_buttons_and_names_for_password_managers(hub: MemoryHub, browser: Browser) -> None:
    page = await browser.open(hub.authorize_path())
    form = browser.form("/oauth/authorize/submit")
    assert [(button.name, button.value) for button in form.buttons] == [("action", "sign_in"), ("action", "register")]
    assert page.values("autocomplete") == ["username", "current-password"]


async def test_somebody_who_is_signed_in_goes_straight_to_the_hub(hub: MemoryHub, in_flow: Browser) -> None:
    first = in_flow.page.url
    page = await in_flow.open(hub.authorize_path())
    assert page.url.startswith(f"{ISSUER}/integrations?flow=")
    assert page.url != first


async def test_a_second_look_at_the_sign_in_page_does_not_spoil_the_first(hub: MemoryHub, browser: Browser) -> None:
    first = await browser.open(hub.authorize_path())
    await browser.open(hub.authorize_path())
    browser.page = first
    page = await browser.register()
    assert page.status == 200
    assert page.has("data-action", "continue")


async def test_an_unknown_client_gets_a_page_and_never_a_redirect(hub: MemoryHub, browser: Browser) -> None:
    page = await browser.open(hub.authorize_path(client_id="nobody"))
    assert page.status == 400
    assert "We don’t know this app" in page.text


@pytest.mark.parametrize(
    "redirect_uri",
    ["https://evil.example/callback", "javascript:alert(1)", "https://client.example/callback/..", "http://[", ""],
)
async def test_a_redirect_uri_that_is_not_the_clients_gets_a_page_and_never_a_redirect(
    hub: MemoryHub, browser: Browser, redirect_uri: str
) -> None:
    page = await browser.open(hub.authorize_path(redirect_uri=redirect_uri))
    assert page.status == 400
    assert "This request can’t be trusted" in page.text
    assert redirect_uri == "" or redirect_uri not in page.html


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
async def test_a_repeated_client_or_redirect_uri_gets_a_page(hub: MemoryHub, browser: Browser, name: str) -> None:
    extra = urlencode({name: hub.authorization_request()[name]})
    page = await browser.open(f"{hub.authorize_path()}&{extra}")
    assert page.status == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"resource": "https://elsewhere.example/mcp"}, "invalid_target"),
        ({"scope": "nothing:offered"}, "invalid_scope"),
    ],
)
async def test_what_else_is_wrong_is_answered_at_the_client_with_state_and_issuer(
    hub: MemoryHub, browser: Browser, changes: dict[str, str | None], error: str
) -> None:
    url = urlsplit(await browser.open_and_leave(hub.authorize_path(**changes)))
    answer = parse_qs(url.query)
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://client.example/callback"
    assert (answer["error"], answer["state"], answer["iss"]) == ([error], [STATE], [ISSUER])
    assert browser.response.status_code == 303


async def test_any_other_repeated_parameter_is_answered_at_the_client(hub: MemoryHub, browser: Browser) -> None:
    answer = parse_qs(urlsplit(await browser.open_and_leave(f"{hub.authorize_path()}&scope=mcp%3Aread")).query)
    assert answer["error"] == ["invalid_request"]


async def test_the_resource_may_be_repeated_as_long_as_it_is_one(hub: MemoryHub, browser: Browser) -> None:
    again = urlencode({"resource": "https://mcp.example/mcp"})
    await browser.open(f"{hub.authorize_path()}&{again}")
    form = browser.form("/oauth/authorize/submit")
    assert [value for name, value in form.fields if name == "resource"] == ["https://mcp.example/mcp"] * 2
    page = await browser.register()
    assert page.has("data-action", "continue")


async def test_a_loopback_client_may_use_any_port_and_comes_with_a_warning(browser: Browser, hub: MemoryHub) -> None:
    page = await browser.open(hub.authorize_path(redirect_uri="http://127.0.0.1:61234/callback"))
    assert "127.0.0.1:61234" in page.text
    assert "That address is on this computer" in page.text


async def test_a_client_with_its_own_scheme_is_called_an_app_on_this_device() -> None:
    cursor = a_client(redirect_uris=(RedirectUri("cursor://anysphere.cursor/callback"),))
    async with a_hub(client=cursor) as hub:
        page = await hub.browser().open(hub.authorize_path())
    assert "an app on this device ( cursor: )" in page.text
