import json
import logging
import re
import stat
from html import unescape
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx2
import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.integration.demo.conftest import Demo, a_browser

pytestmark = pytest.mark.anyio


async def press(demo: Demo, button: str) -> httpx2.Response:
    """What a browser does with a form of the page: post, with its Origin, and follow the redirect."""
    return await demo.browser.post(f"{demo.sample_client}/{button}", headers={"Origin": demo.config.origin})


async def press_and_stop_at_the_hub(demo: Demo) -> str:
    """Press Connect, and answer the URL the browser is sent to."""
    response = await demo.browser.post(
        f"{demo.sample_client}/connect", headers={"Origin": demo.config.origin}, follow_redirects=False
    )
    assert response.status_code == 303
    return response.headers["location"]


async def answer_of_the_hub(demo: Demo, authorization_url: str) -> str:
    """Let the hub answer, and stop before the browser takes the answer back."""
    response = await demo.browser.get(authorization_url, follow_redirects=False)
    return response.headers["location"]


def results(page: httpx2.Response) -> set[str]:
    return set(re.findall(r'data-result="(\w+)"', page.text))


def actions(page: httpx2.Response) -> set[str]:
    return set(re.findall(r'data-action="(\w+)"', page.text))


def field(page: httpx2.Response, name: str) -> str:
    found = re.search(rf'data-field="{name}">(.*?)</dd>', page.text)
    assert found is not None
    return unescape(found.group(1))


def problem(page: httpx2.Response) -> str:
    found = re.search(r'role="alert" data-result="problem">(.*?)</p>', page.text)
    assert found is not None
    return unescape(found.group(1))


def stored(demo: Demo) -> str:
    return demo.config.sample_client_file.read_text(encoding="utf-8")


def whole_tokens(demo: Demo) -> list[str]:
    return [*demo.hub.access, *demo.hub.refresh]


async def test_a_person_without_any_client_connects_and_sees_what_the_tools_answer(demo: Demo) -> None:
    home = await demo.browser.get(demo.sample_client)
    assert (results(home), actions(home)) == ({"not_connected"}, {"connect"})

    page = await press(demo, "connect")

    assert str(page.url) == demo.sample_client
    assert results(page) == {"connected", "whoami", "list_connectors", "token", "steps"}
    assert actions(page) == {"call", "refresh", "connect", "forget"}
    assert field(page, "email") == "user@example.com"
    assert field(page, "client_id") == "client-1"
    assert field(page, "lifetime").startswith("valid until ")
    assert "Xero: connected to Demo Company (AU), read only." in page.text


async def test_it_goes_the_way_of_a_real_client_and_shows_each_step(demo: Demo) -> None:
    page = await press(demo, "connect")

    steps = [
        unescape(step).replace(demo.config.issuer, "HUB").replace(demo.config.origin, "SERVER")
        for step in re.findall(r"<span>(.*?)</span>", page.text)
    ]
    assert steps[:5] == [
        "POST SERVER/mcp → 401",
        "GET SERVER/.well-known/oauth-protected-resource/mcp → 200",
        "GET HUB/.well-known/oauth-authorization-server → 200",
        "POST HUB/oauth/register → 201",
        "POST HUB/oauth/token → 200",
    ]
    assert set(steps[5:]) == {"POST SERVER/mcp → 200"}


async def test_it_registers_as_a_public_client_and_asks_for_this_resource_with_pkce(demo: Demo) -> None:
    query = parse_qs(urlsplit(await press_and_stop_at_the_hub(demo)).query)

    assert demo.hub.clients["client-1"] == {
        "client_id": "client-1",
        "client_name": "Sample client",
        "redirect_uris": [f"{demo.sample_client}/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
        "scope": "mcp",
    }
    assert query["resource"] == [demo.config.resource]
    assert query["code_challenge_method"] == ["S256"]
    assert query["scope"] == ["mcp"]
    assert len(query["state"][0]) >= 43


async def test_the_second_sign_in_uses_the_registration_of_the_first(demo: Demo) -> None:
    await press(demo, "connect")
    page = await press(demo, "connect")

    assert list(demo.hub.clients) == ["client-1"]
    assert "whoami" in results(page)


async def test_every_page_is_locked_down_and_works_without_scripts(demo: Demo) -> None:
    pages = [
        await demo.browser.get(demo.sample_client),
        await press(demo, "connect"),
        await demo.browser.get(f"{demo.sample_client}/callback?state=unknown&code=x"),
        await demo.browser.post(f"{demo.sample_client}/call", headers={"Origin": "http://localhost:1"}),
    ]

    for page in pages:
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; ")
        assert policy.endswith(f"form-action 'self' {demo.config.issuer}")
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "same-origin"
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert '<meta name="viewport"' in page.text


async def test_the_stylesheet_and_the_icon_are_there(demo: Demo) -> None:
    page = await demo.browser.get(demo.sample_client)

    for path in re.findall(r'(?:href|src)="(/sample-client/static/[^"]+)"', page.text):
        assert (await demo.browser.get(f"{demo.config.origin}{path}")).status_code == 200


async def test_the_cookie_is_for_this_client_alone(demo: Demo) -> None:
    response = await demo.browser.post(f"{demo.sample_client}/connect", follow_redirects=False)

    cookie = response.headers["set-cookie"]
    assert cookie.startswith("sample_client=")
    assert "Path=/sample-client;" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_a_cookie_that_was_planted_is_not_taken_up(demo: Demo) -> None:
    demo.browser.cookies.set("sample_client", "planted", domain="localhost.local", path="/sample-client")

    response = await demo.browser.post(f"{demo.sample_client}/connect", follow_redirects=False)

    assert "planted" not in response.headers["set-cookie"]


async def test_calling_again_shows_what_has_changed_since(demo: Demo) -> None:
    before = await press(demo, "connect")
    demo.hub.connectors["xero"] = {**demo.hub.connectors["xero"], "status": "not_connected"}

    after = await press(demo, "call")

    assert "Xero: not connected." in after.text
    assert field(after, "fingerprint") == field(before, "fingerprint")


async def test_refreshing_brings_another_token_that_works(demo: Demo) -> None:
    before = await press(demo, "connect")

    after = await press(demo, "refresh")

    assert field(after, "fingerprint") != field(before, "fingerprint")
    assert "whoami" in results(after)
    assert "/oauth/token → 200" in after.text


async def test_a_double_click_on_refresh_spends_no_refresh_token_twice(demo: Demo) -> None:
    await press(demo, "connect")

    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(press, demo, "refresh")

    assert "whoami" in results(await demo.browser.get(demo.sample_client))


async def test_forgetting_gives_the_token_back_and_leaves_nothing_behind(demo: Demo) -> None:
    await press(demo, "connect")
    refresh_token = next(iter(demo.hub.refresh))

    page = await press(demo, "forget")

    assert results(page) == {"not_connected"}
    assert demo.hub.revoked == [refresh_token]
    assert json.loads(stored(demo)) == {"visits": {}}
    assert "sample_client" not in demo.browser.cookies


@pytest.mark.parametrize("button", ["call", "refresh", "forget"])
async def test_buttons_of_a_page_that_is_no_longer_true_lead_back_home(demo: Demo, button: str) -> None:
    assert results(await press(demo, button)) == {"not_connected"}

    await press_and_stop_at_the_hub(demo)
    assert "not_connected" in results(await press(demo, button))


async def test_a_restart_between_going_out_and_coming_back_loses_nothing(demo: Demo) -> None:
    answer = await answer_of_the_hub(demo, await press_and_stop_at_the_hub(demo))

    await demo.restart_mcp_server()
    page = await demo.browser.get(answer)
    assert "whoami" in results(page)

    await demo.restart_mcp_server()
    assert results(await demo.browser.get(demo.sample_client)) == results(page)
    assert "whoami" in results(await press(demo, "refresh"))


async def test_a_person_who_says_no_reads_that_nothing_happened(demo: Demo) -> None:
    demo.hub.decline_with = "access_denied"

    page = await press(demo, "connect")

    assert problem(page) == "You said no in the hub, so nothing was connected. You can try again whenever you like."
    assert actions(page) == {"connect"}

    demo.hub.decline_with = None
    assert "whoami" in results(await press(demo, "connect"))


async def test_an_error_word_nobody_knows_is_not_repeated_on_the_page(demo: Demo) -> None:
    demo.hub.decline_with = "<b>your_bank</b>"
    demo.hub.answer_overrides = {"error_description": "call 555 1234", "error_uri": "https://evil.example"}

    page = await press(demo, "connect")

    assert problem(page) == "The hub answered with an error this client doesn't know."
    assert not any(word in page.text for word in ("your_bank", "555", "evil.example"))


@pytest.mark.requirement("RFC 9207 2.4")
@pytest.mark.parametrize("kind", ["code", "error"])
async def test_an_answer_in_the_name_of_another_hub_is_thrown_away(demo: Demo, kind: str) -> None:
    demo.hub.decline_with = "access_denied" if kind == "error" else None
    demo.hub.answer_overrides = {"iss": f"{demo.config.issuer}/"}

    page = await press(demo, "connect")

    assert problem(page) == "The answer does not come from the hub that was asked, so it was thrown away."
    assert not demo.hub.access


@pytest.mark.requirement("RFC 9207 2.4")
async def test_a_hub_that_promises_iss_and_leaves_it_out_is_not_believed(demo: Demo) -> None:
    answer = await answer_of_the_hub(demo, await press_and_stop_at_the_hub(demo))

    page = await demo.browser.get(httpx2.URL(answer).copy_remove_param("iss"))

    assert problem(page).startswith("The answer does not come from the hub that was asked")


async def test_an_answer_without_a_code_is_a_problem_and_not_a_crash(demo: Demo) -> None:
    answer = await answer_of_the_hub(demo, await press_and_stop_at_the_hub(demo))

    page = await demo.browser.get(httpx2.URL(answer).copy_remove_param("code"))

    assert problem(page) == "The hub's answer holds no code."


async def test_an_answer_is_taken_once(demo: Demo) -> None:
    answer = await answer_of_the_hub(demo, await press_and_stop_at_the_hub(demo))
    await demo.browser.get(answer)

    again = await demo.browser.get(answer)

    assert (again.status_code, results(again)) == (400, {"strange_answer"})
    assert "whoami" in results(await demo.browser.get(demo.sample_client))


async def test_an_answer_in_another_browser_is_not_taken(demo: Demo) -> None:
    answer = await answer_of_the_hub(demo, await press_and_stop_at_the_hub(demo))

    async with a_browser() as other:
        page = await other.get(answer)

    assert (page.status_code, results(page)) == (400, {"strange_answer"})
    assert not demo.hub.access


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=", "?state=a&state=b&code=x", "?state=<script>&code=<script>"]
)
async def test_an_answer_that_belongs_to_no_sign_in_is_a_friendly_400(demo: Demo, query: str) -> None:
    await press_and_stop_at_the_hub(demo)

    page = await demo.browser.get(f"{demo.sample_client}/callback{query}")

    assert (page.status_code, actions(page)) == (400, {"home"})
    assert "<script" not in page.text


async def test_two_tabs_may_sign_in_at_once(demo: Demo) -> None:
    first, second = [await press_and_stop_at_the_hub(demo) for _ in range(2)]

    for url in (first, second):
        assert "whoami" in results(await demo.browser.get(url))


async def test_a_form_that_another_site_posts_is_refused(demo: Demo) -> None:
    await press(demo, "connect")

    for button in ("connect", "call", "refresh", "forget"):
        for origin in ("http://localhost:1", "null", "https://evil.example"):
            page = await demo.browser.post(f"{demo.sample_client}/{button}", headers={"Origin": origin})
            assert (page.status_code, results(page)) == (403, {"refused"})
    assert "whoami" in results(await demo.browser.get(demo.sample_client))


async def test_a_form_can_not_be_fetched(demo: Demo) -> None:
    assert (await demo.browser.get(f"{demo.sample_client}/forget")).status_code == 405


async def test_no_page_file_name_or_log_line_gives_a_token_away(demo: Demo, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    pages = [await press(demo, button) for button in ("connect", "call", "refresh")]

    for token in whole_tokens(demo):
        assert all(token not in page.text for page in pages)
        assert token not in caplog.text


async def test_what_the_hub_says_is_escaped(demo: Demo) -> None:
    demo.hub.username = '"><img src=x onerror=alert(1)>@example.com'
    demo.hub.connectors = {"x": {"name": "<script>alert(1)</script>", "status": "connected"}}

    page = await press(demo, "connect")

    assert field(page, "email") == demo.hub.username
    assert "&lt;script&gt;alert(1)&lt;/script&gt;: connected." in page.text
    assert not re.search(r"<(script|img src=x)", page.text)


async def test_the_file_is_private_and_does_not_hold_the_cookie(demo: Demo) -> None:
    await press(demo, "connect")

    mode = stat.S_IMODE(demo.config.sample_client_file.stat().st_mode)
    assert mode == stat.S_IRUSR | stat.S_IWUSR
    cookie = next(value for name, value in demo.browser.cookies.items() if name == "sample_client")
    assert cookie not in stored(demo)
    assert [path.name for path in demo.config.sample_client_file.parent.iterdir()] == ["sample-client.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"visits": {"x": {"tokens": 1}}}'])
async def test_a_file_that_can_not_be_read_is_a_fresh_start(demo: Demo, content: str) -> None:
    await press(demo, "connect")
    demo.config.sample_client_file.write_text(content, encoding="utf-8")

    assert results(await demo.browser.get(demo.sample_client)) == {"not_connected"}
    assert "whoami" in results(await press(demo, "connect"))


async def test_the_page_under_another_name_of_this_machine_leads_to_the_right_one(demo: Demo) -> None:
    page = await demo.browser.get(demo.sample_client.replace("localhost", "127.0.0.1"))

    assert str(page.url) == demo.sample_client


async def test_the_root_leads_to_the_sample_client(demo: Demo) -> None:
    assert str((await demo.browser.get(demo.config.origin)).url) == demo.sample_client


async def test_a_revoked_token_is_explained_and_can_be_refreshed(demo: Demo) -> None:
    await press(demo, "connect")
    demo.hub.access.clear()

    page = await press(demo, "call")
    assert problem(page) == "The MCP server no longer takes this access token: it has expired or was revoked."
    assert not results(page) & {"whoami", "list_connectors", "connected"}

    assert "whoami" in results(await press(demo, "refresh"))


async def test_access_that_ended_in_the_hub_asks_to_connect_again(demo: Demo) -> None:
    await press(demo, "connect")
    demo.hub.refresh.clear()

    page = await press(demo, "refresh")

    assert problem(page) == "The hub says that this access has ended. Connect again to get a new one."
    assert "not_connected" in results(page)


async def test_a_hub_that_forgot_this_client_is_registered_with_anew(demo: Demo) -> None:
    await press(demo, "connect")
    demo.hub.clients.clear()

    page = await press(demo, "refresh")
    assert problem(page) == "The hub no longer knows this client. Connect again to register anew."

    assert "whoami" in results(await press(demo, "connect"))


async def test_a_token_that_does_not_reach_far_enough_is_explained(demo: Demo) -> None:
    demo.hub.granted_scope = "profile"

    page = await press(demo, "connect")

    assert problem(page) == "The MCP server takes this access token, but it does not reach far enough."
    assert "token" in results(page)


async def test_a_hub_that_is_down_during_a_call_is_not_blamed_on_the_token(demo: Demo) -> None:
    await press(demo, "connect")
    demo.hub.introspection_answer = PlainTextResponse("down", status_code=500)

    page = await press(demo, "call")

    assert problem(page).startswith("The hub could not check the access token just now.")
    demo.hub.introspection_answer = None
    assert "whoami" in results(await press(demo, "call"))


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"issuer": "http://localhost:1"}, "The hub calls itself something else"),
        ({"code_challenge_methods_supported": ["plain"]}, "The hub does not say that it supports PKCE with S256."),
        ({"code_challenge_methods_supported": None}, "The hub does not say that it supports PKCE with S256."),
        ({"authorization_endpoint": "javascript:alert(1)"}, "has no usable authorization_endpoint."),
        ({"registration_endpoint": None}, "has no usable registration_endpoint."),
        ({"registration_endpoint": "http://localhost:1/register"}, "http://localhost:1 does not answer."),
        ({"token_endpoint": 7}, "has no usable token_endpoint."),
        ({"token_endpoint": "http://localhost/\u2028"}, "has no usable token_endpoint."),
        ({"registration_endpoint": "http://localhost:port/"}, "is not usable."),
    ],
)
async def test_a_hub_with_wrong_metadata_is_not_visited(
    demo: Demo, overrides: dict[str, object], expected: str
) -> None:
    demo.hub.metadata_overrides = overrides

    page = await press(demo, "connect")

    assert str(page.url) == demo.sample_client
    assert expected in problem(page)
    assert "steps" in results(page)


async def test_a_slash_at_the_end_of_the_issuer_is_another_issuer(demo: Demo) -> None:
    demo.hub.metadata_overrides = {"issuer": f"{demo.config.issuer}/"}

    assert problem(await press(demo, "connect")).startswith("The hub calls itself something else")


@pytest.mark.parametrize(
    "token",
    [
        {"access_token": "half of a character: \ud800"},
        {"access_token": "line\r\nbreak"},
        {"access_token": ""},
        {"access_token": 7},
        {"token_type": "mac"},
        {"token_type": None},
    ],
)
async def test_a_token_answer_that_makes_no_sense_connects_nothing(demo: Demo, token: dict[str, object]) -> None:
    demo.hub.token_overrides = token

    page = await press(demo, "connect")

    assert problem(page) == "The hub's answer holds no bearer token."
    assert "not_connected" in results(page)


async def test_a_hub_that_gives_no_refresh_token_and_no_lifetime_is_good_enough(demo: Demo) -> None:
    demo.hub.token_overrides = {"refresh_token": None, "expires_in": None, "scope": None}

    page = await press(demo, "connect")
    assert (field(page, "lifetime"), field(page, "scope"), field(page, "refresh token")) == ("–", "–", "none")

    assert problem(await press(demo, "refresh")) == "The hub gave no refresh token, so connect again instead."


async def test_a_refresh_that_leaves_members_out_keeps_them(demo: Demo) -> None:
    before = await press(demo, "connect")
    demo.hub.token_overrides = {"refresh_token": None, "scope": None, "expires_in": -1}

    after = await press(demo, "refresh")

    assert (field(after, "refresh token"), field(after, "scope")) == ("yes", field(before, "scope"))
    assert field(after, "lifetime") == "expired"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (PlainTextResponse("<b>502</b>", status_code=502), "The hub is in trouble and gave no tokens."),
        (PlainTextResponse("<b>odd</b>"), "sent something that is not a JSON object."),
        (JSONResponse(["x"]), "sent something that is not a JSON object."),
        (JSONResponse({"error": ["invalid_grant"]}, status_code=400), "The hub refused to give out tokens."),
        (JSONResponse({"error": "invalid_target"}, status_code=400), "The hub refused to give out tokens."),
        (JSONResponse({"access_token": "x", "token_type": "bearer"}, status_code=302), "refused to give out tokens."),
    ],
)
async def test_a_token_endpoint_in_trouble_keeps_what_was_there(demo: Demo, answer: Response, expected: str) -> None:
    await press(demo, "connect")
    demo.hub.token_answer = answer

    page = await press(demo, "refresh")

    assert expected in problem(page)
    assert "<b>" not in page.text
    demo.hub.token_answer = None
    assert "whoami" in results(await press(demo, "refresh"))


async def test_no_cookie_of_the_hub_stays_with_the_server_of_the_page(demo: Demo) -> None:
    demo.hub.token_cookies = {"hub": "whatever"}

    for _ in range(2):
        await press(demo, "connect")

    assert demo.hub.cookies_seen_at_token == [{}, {}]


async def test_a_hub_that_registers_no_public_clients_is_told_apart(demo: Demo) -> None:
    demo.hub.registration_overrides = {"token_endpoint_auth_method": "client_secret_basic"}

    page = await press(demo, "connect")

    assert problem(page) == "The hub registered this client as one that keeps a secret, which it can't."


async def test_a_hub_that_is_gone_when_forgetting_does_not_stop_it(demo: Demo) -> None:
    demo.hub.metadata_overrides = {"revocation_endpoint": "http://localhost:1/revoke"}
    await press(demo, "connect")

    assert results(await press(demo, "forget")) == {"not_connected"}
    assert json.loads(stored(demo)) == {"visits": {}}
