"""`POST /oauth/token`: what a client gets for a code or a refresh token, and what it is told when it gets nothing."""

import logging
from datetime import timedelta

import pytest

from tests.builders import VERIFIER
from tests.integration.web.oauth.oauth_hub import BASIC, OAuthHub, basic

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("RFC 6749 5.1")
async def test_a_code_brings_a_token_answer_with_every_member_the_rfc_names(hub: OAuthHub) -> None:
    answer = await hub.redeem(await hub.a_code())

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    members = answer.json()
    assert members.pop("access_token") != members.pop("refresh_token")
    assert members == {"token_type": "Bearer", "expires_in": 3600, "scope": "mcp:tools"}


async def test_a_refresh_token_brings_a_fresh_pair(hub: OAuthHub) -> None:
    first = await hub.tokens()

    answer = await hub.refresh(first["refresh_token"])

    assert answer.status_code == 200
    second = answer.json()
    assert second.keys() == first.keys()
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    assert await hub.is_active(second["access_token"])


@pytest.mark.requirement("RFC 6749 4.1.2")
async def test_a_code_used_twice_is_refused_and_ends_what_it_issued(hub: OAuthHub) -> None:
    code = await hub.a_code()
    issued = (await hub.redeem(code)).json()

    again = await hub.redeem(code)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert not await hub.is_active(issued["access_token"])
    assert (await hub.refresh(issued["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.requirement("RFC 9700 4.14.2")
async def test_a_refresh_token_used_twice_ends_its_grant(hub: OAuthHub) -> None:
    first = await hub.tokens()
    second = (await hub.refresh(first["refresh_token"])).json()

    again = await hub.refresh(first["refresh_token"])

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert not await hub.is_active(second["access_token"])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "never issued"}, "invalid_grant"),
        ({"code_verifier": "b" * 43}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_grant"),
        ({"code_verifier": "ü" * 43}, "invalid_grant"),
        ({"redirect_uri": "https://client.example/elsewhere"}, "invalid_grant"),
        ({"resource": "https://other.example/mcp"}, "invalid_target"),
        ({"resource": "not a resource"}, "invalid_target"),
        ({"code": ""}, "invalid_request"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "unsupported_grant_type"),
        ({"client_id": "somebody-else"}, "invalid_client"),
        ({"client_id": ""}, "invalid_client"),
    ],
)
async def test_a_wrong_request_is_refused_with_its_own_word_and_leaves_the_code_alone(
    hub: OAuthHub, changes: dict[str, str], error: str
) -> None:
    code = await hub.a_code()

    refused = await hub.redeem(changes.get("code", code), **{name: changes[name] for name in changes.keys() - {"code"}})

    assert refused.status_code == (401 if error == "invalid_client" else 400)
    assert refused.json()["error"] == error
    assert refused.headers["cache-control"] == "no-store"
    assert (await hub.redeem(code)).status_code == 200


async def test_a_code_of_another_client_is_refused(hub: OAuthHub) -> None:
    refused = await hub.redeem(await hub.a_code(client=BASIC))

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


async def test_a_code_that_waited_too_long_is_refused(hub: OAuthHub) -> None:
    code = await hub.a_code()
    hub.clock.advance(timedelta(minutes=10))

    refused = await hub.redeem(code)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


@pytest.mark.requirement("RFC 6749 3.2")
async def test_an_empty_parameter_counts_as_left_out(hub: OAuthHub) -> None:
    answer = await hub.redeem(await hub.a_code(), redirect_uri="", resource="", scope="")

    assert answer.status_code == 200


@pytest.mark.requirement("RFC 8707 2")
async def test_the_resource_may_be_named_more_than_once_as_long_as_it_is_the_granted_one(hub: OAuthHub) -> None:
    form = "grant_type=authorization_code&client_id=public-client&code={code}&code_verifier={verifier}"
    form = form.format(code=await hub.a_code(), verifier=VERIFIER) + ("&resource=https%3A%2F%2Fmcp.example%2Fmcp" * 2)

    answer = await hub.http.post(
        "/oauth/token", content=form, headers={"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
    )

    assert answer.status_code == 200


async def test_a_refresh_may_ask_for_less_scope_and_never_for_more(hub: OAuthHub) -> None:
    tokens = await hub.tokens()

    more = await hub.refresh(tokens["refresh_token"], scope="mcp:tools mcp:read")
    malformed = await hub.refresh(tokens["refresh_token"], scope='mcp:"tools"')
    same = await hub.refresh(tokens["refresh_token"], scope="mcp:tools offline_access")

    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")
    assert (malformed.status_code, malformed.json()["error"]) == (400, "invalid_scope")
    assert (same.status_code, same.json()["scope"]) == (200, "mcp:tools")


async def test_nothing_in_the_query_counts(hub: OAuthHub) -> None:
    answer = await hub.http.post(
        "/oauth/token", params={"grant_type": "refresh_token"}, data={"client_id": "public-client"}
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_why_a_code_was_refused_is_logged_and_not_told(hub: OAuthHub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pip_hub")
    code = await hub.a_code("the-secret-code")

    refused = await hub.redeem(code, code_verifier="b" * 43)

    assert "code_verifier" not in refused.json()["error_description"]
    assert "code_verifier does not fit the challenge" in caplog.text
    assert "the-secret-code" not in caplog.text
    assert "b" * 43 not in caplog.text


async def test_a_request_that_is_malformed_is_told_what_is_missing(hub: OAuthHub) -> None:
    refused = await hub.token({"grant_type": "refresh_token", "client_id": "public-client"})

    assert refused.json() == {"error": "invalid_request", "error_description": "refresh_token is required"}


async def test_a_confidential_client_redeems_its_code(hub: OAuthHub) -> None:
    code = await hub.a_code(client=BASIC)
    header = basic("basic-client", "a+secret%3A+100%25+%26+more")

    answer = await hub.token(
        {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": VERIFIER,
        },
        header,
    )

    assert answer.status_code == 200
