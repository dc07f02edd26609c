"""`POST /oauth/introspect`: an MCP server asks whose token it was given (RFC 7662)."""

from datetime import timedelta

import pytest

from tests.integration.web.oauth.oauth_hub import RESOURCE, RESOURCE_SECRET, OAuthHub, basic
from tests.support.hub import ISSUER

pytestmark = pytest.mark.anyio

AS_OTHER_RESOURCE = basic("resource-2", RESOURCE_SECRET)


@pytest.mark.requirement("RFC 7662 2.2")
async def test_a_live_token_brings_its_user_its_limits_and_the_state_of_the_connectors(hub: OAuthHub) -> None:
    tokens = await hub.tokens()

    answer = await hub.introspect(tokens["access_token"])

    now = int(hub.clock.now().timestamp())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "active": True,
        "sub": "user-1",
        "username": "user@example.com",
        "client_id": "public-client",
        "scope": "mcp:tools",
        "aud": RESOURCE,
        "iss": ISSUER,
        "iat": now,
        "exp": now + 3600,
        "token_type": "Bearer",
        "connectors": {
            "xero": {"name": "Xero", "status": "connected", "account": "Demo Company (AU)", "level": "read"},
            "gmail": {"name": "Gmail", "status": "not_connected", "account": None, "level": None},
            "google_sheets": {"name": "Google Sheets", "status": "not_connected", "account": None, "level": None},
        },
    }


async def test_the_credentials_may_also_come_in_the_form(hub: OAuthHub) -> None:
    tokens = await hub.tokens()

    answer = await hub.http.post(
        "/oauth/introspect",
        data={"token": tokens["access_token"], "client_id": "resource-1", "client_secret": RESOURCE_SECRET},
    )

    assert answer.json()["active"] is True


@pytest.mark.requirement("RFC 7662 2.2")
async def test_every_other_token_is_inactive_and_nothing_more_is_said(hub: OAuthHub) -> None:
    tokens, revoked = await hub.tokens(), await hub.tokens("another code")
    await hub.http.post("/oauth/revoke", data={"client_id": "public-client", "token": revoked["access_token"]})

    answers = [
        await hub.introspect("never issued"),
        await hub.introspect(tokens["refresh_token"]),
        await hub.introspect(revoked["access_token"]),
        await hub.introspect(tokens["access_token"], AS_OTHER_RESOURCE),
    ]
    hub.clock.advance(timedelta(minutes=60))
    answers.append(await hub.introspect(tokens["access_token"]))

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"active": False})] * 5


@pytest.mark.requirement("RFC 7662 2.3")
@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ({}, {}),
        ({"client_id": "resource-1"}, {}),
        ({"client_id": "public-client"}, {}),
        ({"client_id": "resource-1", "client_secret": "wrong"}, {}),
        ({}, basic("resource-1", "wrong")),
        ({}, basic("basic-client", "a+secret%3A+100%25+%26+more")),
        ({}, {"Authorization": "Bearer token"}),
        ({}, {"Authorization": "Basic \u0000"}),
    ],
)
async def test_only_a_registered_resource_may_ask(hub: OAuthHub, form: dict[str, str], headers: dict[str, str]) -> None:
    tokens = await hub.tokens()

    refused = await hub.http.post("/oauth/introspect", data=form | {"token": tokens["access_token"]}, headers=headers)

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert "www-authenticate" in refused.headers


async def test_a_question_about_nothing_is_malformed(hub: OAuthHub) -> None:
    refused = await hub.introspect("")

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
