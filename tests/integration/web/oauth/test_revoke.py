"""`POST /oauth/revoke`: a client gives up what it holds (RFC 7009)."""

import pytest

from tests.integration.web.oauth.oauth_hub import OAuthHub, basic

pytestmark = pytest.mark.anyio

AS_PUBLIC = {"client_id": "public-client"}


async def test_a_refresh_token_takes_its_whole_grant_with_it(hub: OAuthHub) -> None:
    tokens = await hub.tokens()

    answer = await hub.http.post(
        "/oauth/revoke", data=AS_PUBLIC | {"token": tokens["refresh_token"], "token_type_hint": "refresh_token"}
    )

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert not await hub.is_active(tokens["access_token"])
    assert (await hub.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_an_access_token_ends_alone(hub: OAuthHub) -> None:
    tokens = await hub.tokens()

    answer = await hub.http.post("/oauth/revoke", data=AS_PUBLIC | {"token": tokens["access_token"]})

    assert answer.status_code == 200
    assert not await hub.is_active(tokens["access_token"])
    assert (await hub.refresh(tokens["refresh_token"])).status_code == 200


@pytest.mark.requirement("RFC 7009 2.2")
@pytest.mark.parametrize("hint", ["", "access_token", "refresh_token", "something else"])
async def test_a_token_that_never_was_is_answered_like_one_that_was(hub: OAuthHub, hint: str) -> None:
    answer = await hub.http.post("/oauth/revoke", data=AS_PUBLIC | {"token": "never issued", "token_type_hint": hint})

    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_token_of_another_client_stays_and_nobody_is_the_wiser(hub: OAuthHub) -> None:
    tokens = await hub.tokens()

    for token in (tokens["access_token"], tokens["refresh_token"]):
        answer = await hub.http.post(
            "/oauth/revoke", data={"token": token}, headers=basic("basic-client", "a+secret%3A+100%25+%26+more")
        )
        assert (answer.status_code, answer.content) == (200, b"")

    assert await hub.is_active(tokens["access_token"])
    assert (await hub.refresh(tokens["refresh_token"])).status_code == 200


async def test_revoking_twice_is_harmless(hub: OAuthHub) -> None:
    tokens = await hub.tokens()

    answers = [
        await hub.http.post("/oauth/revoke", data=AS_PUBLIC | {"token": tokens["refresh_token"]}) for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]


async def test_a_stranger_revokes_nothing(hub: OAuthHub) -> None:
    tokens = await hub.tokens()

    refused = await hub.http.post("/oauth/revoke", data={"token": tokens["refresh_token"], "client_id": "nobody"})

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert await hub.is_active(tokens["access_token"])


async def test_a_request_without_a_token_is_told_so(hub: OAuthHub) -> None:
    refused = await hub.http.post("/oauth/revoke", data=AS_PUBLIC | {"token": ""})

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
