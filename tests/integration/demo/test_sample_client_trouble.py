import json

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.integration.demo.browsing import (
    field,
    press,
    problem,
    results,
    stored,
)
from tests.integration.demo.conftest import Demo

pytestmark = pytest.mark.anyio


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
