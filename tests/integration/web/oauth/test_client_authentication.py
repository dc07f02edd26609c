"""How a client proves itself (RFC 6749 2.3): every way that works, and every way that must not."""

import base64

import pytest

from tests.integration.web.oauth.oauth_hub import CLIENT_SECRET, OAuthHub, basic

pytestmark = pytest.mark.anyio

ASK = {"grant_type": "refresh_token", "refresh_token": "never issued"}
"""A request whose only open question is who sends it: whoever gets past that hears `invalid_grant`."""

GOOD_BASIC = basic("basic-client", "a+secret%3A+100%25+%26+more")


@pytest.mark.requirement("RFC 6749 2.3.1")
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"client_id": "public-client"}, {}),
        ({"client_id": "post-client", "client_secret": CLIENT_SECRET}, {}),
        ({}, GOOD_BASIC),
        ({"client_id": "basic-client"}, GOOD_BASIC),
        ({}, basic("basic%2Dclient", "a%20secret%3A%20100%25%20%26%20more")),
        ({}, {"Authorization": GOOD_BASIC["Authorization"].replace("Basic", "bAsIc")}),
    ],
    ids=["none", "post", "basic", "basic with its id again", "basic, everything encoded", "scheme in any case"],
)
async def test_a_client_that_authenticates_as_it_registered_is_let_in(
    hub: OAuthHub, body: dict[str, str], headers: dict[str, str]
) -> None:
    answer = await hub.token(ASK | body, headers)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.requirement("RFC 6749 5.2")
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({}, {}),
        ({"client_id": "nobody"}, {}),
        ({"client_secret": CLIENT_SECRET}, {}),
        ({"client_id": "post-client", "client_secret": "wrong"}, {}),
        ({"client_id": "post-client"}, {}),
        ({"client_id": "basic-client"}, {}),
        ({"client_id": "basic-client", "client_secret": CLIENT_SECRET}, {}),
        ({"client_id": "public-client", "client_secret": "anything"}, {}),
        ({}, basic("post-client", "a+secret%3A+100%25+%26+more")),
        ({}, basic("public-client", "")),
        ({}, basic("basic-client", "wrong")),
        ({}, basic("basic-client", "")),
        ({}, basic("", "")),
        ({}, basic("basic-client%00", "x")),
        ({}, basic("%ff", "%ff")),
        ({}, {"Authorization": "Basic"}),
        ({}, {"Authorization": "Basic !!!"}),
        ({}, {"Authorization": "Basic " + base64.b64encode(b"no colon").decode()}),
        ({}, {"Authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()}),
        ({}, {"Authorization": "Bearer something"}),
        ({}, {"Authorization": ""}),
        ({"client_id": "public-client"}, {"Authorization": "Digest username=public-client"}),
        (
            {
                "client_id": "public-client",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": "a.b.c",
            },
            {},
        ),
    ],
)
async def test_anybody_else_is_refused_with_a_challenge(
    hub: OAuthHub, body: dict[str, str], headers: dict[str, str]
) -> None:
    refused = await hub.token(ASK | body, headers)

    assert refused.status_code == 401
    assert refused.json() == {"error": "invalid_client", "error_description": "Client authentication failed."}
    assert refused.headers["www-authenticate"].startswith("Basic realm=")
    assert refused.headers["cache-control"] == "no-store"


@pytest.mark.requirement("RFC 6749 2.3")
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"client_id": "basic-client", "client_secret": CLIENT_SECRET}, [GOOD_BASIC]),
        ({"client_secret": CLIENT_SECRET}, [GOOD_BASIC]),
        ({"client_id": "public-client"}, [GOOD_BASIC]),
        ({}, [GOOD_BASIC, GOOD_BASIC]),
    ],
    ids=["header and body", "header and secret", "two ids", "two headers"],
)
async def test_two_ways_at_once_are_one_too_many(
    hub: OAuthHub, body: dict[str, str], headers: list[dict[str, str]]
) -> None:
    refused = await hub.http.post(
        "/oauth/token", data=ASK | body, headers=[pair for header in headers for pair in header.items()]
    )

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
