"""`POST /oauth/register`: a client says who it is, and hears what was registered (RFC 7591)."""

from typing import Any

import pytest

from tests.integration.web.oauth.oauth_hub import OAuthHub, basic

pytestmark = pytest.mark.anyio

CALLBACK = "https://client.example/callback"


def metadata(**changes: Any) -> dict[str, Any]:
    return {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"} | changes


@pytest.mark.requirement("RFC 7591 3.2.1")
async def test_a_public_client_hears_everything_that_was_registered_and_no_secret(hub: OAuthHub) -> None:
    asked = metadata(
        client_name="Sample client",
        client_uri="https://client.example/",
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        application_type="native",
    )

    answer = await hub.register(asked)

    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    registered = answer.json()
    assert registered.pop("client_id")
    assert registered.pop("client_id_issued_at") == int(hub.clock.now().timestamp())
    assert registered == asked


@pytest.mark.requirement("RFC 7591 2")
@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({}, "client_secret_basic"),
        ({"token_endpoint_auth_method": None}, "client_secret_basic"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "client_secret_basic"),
        ({"token_endpoint_auth_method": "client_secret_post"}, "client_secret_post"),
    ],
)
async def test_a_client_that_wants_a_secret_gets_one_that_works_and_never_expires(
    hub: OAuthHub, asked: dict[str, Any], given: str
) -> None:
    answer = await hub.register({"redirect_uris": [CALLBACK]} | asked)

    registered = answer.json()
    assert (answer.status_code, registered["token_endpoint_auth_method"]) == (201, given)
    assert registered["client_secret_expires_at"] == 0
    form = {"grant_type": "refresh_token", "refresh_token": "never issued"}
    if given == "client_secret_basic":
        let_in = await hub.token(form, basic(registered["client_id"], registered["client_secret"]))
    else:
        let_in = await hub.token(form | {name: registered[name] for name in ("client_id", "client_secret")})
    assert let_in.json()["error"] == "invalid_grant"


async def test_two_registrations_make_two_clients(hub: OAuthHub) -> None:
    answers = [await hub.register(metadata()) for _ in range(2)]

    assert len({answer.json()["client_id"] for answer in answers}) == 2


async def test_what_is_not_known_or_not_needed_is_left_out_of_the_answer(hub: OAuthHub) -> None:
    answer = await hub.register(
        metadata(
            scope="mcp:tools",
            software_id="x",
            logo_uri=17,
            application_type="toaster",
            client_uri="javascript:alert(1)",
            contacts=None,
        ),
        "application/json; charset=utf-8",
    )

    assert answer.status_code == 201
    assert answer.json().keys().isdisjoint({"scope", "software_id", "logo_uri", "application_type", "client_uri"})


async def test_the_grant_types_told_are_the_ones_a_client_really_has(hub: OAuthHub) -> None:
    answer = await hub.register(metadata(grant_types=["authorization_code"]))

    assert answer.json()["grant_types"] == ["authorization_code", "refresh_token"]


async def test_the_name_told_is_the_one_that_people_will_see(hub: OAuthHub) -> None:
    disguised = await hub.register(metadata(client_name="Cl\u202eaude\n<b>\u0007 "))
    nameless = await hub.register(metadata(client_name=None))

    assert disguised.json()["client_name"] == "Claude<b>"
    assert nameless.json()["client_name"] == "client.example"


@pytest.mark.requirement("RFC 7591 3.2.2")
@pytest.mark.parametrize(
    "redirect_uris",
    [
        None,
        [],
        CALLBACK,
        {"0": CALLBACK},
        [17],
        [None],
        [[CALLBACK]],
        [""],
        [CALLBACK, "javascript:alert(1)"],
        ["data:text/html,x"],
        ["http://client.example/callback"],
        ["https://client.example/callback#fragment"],
        ["https://user@client.example/"],
        ["/callback"],
        ["https://client.example/\ud800"],
        ["https://client.example/\u0000"],
        ["https://client.example/" + "a" * 3000],
        [f"https://client.example/{number}" for number in range(100)],
    ],
)
async def test_redirect_uris_that_cannot_be_used_are_refused(hub: OAuthHub, redirect_uris: object) -> None:
    refused = await hub.register(metadata(redirect_uris=redirect_uris))

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_redirect_uri")
    assert refused.headers["cache-control"] == "no-store"


@pytest.mark.requirement("RFC 7591 3.2.2")
@pytest.mark.parametrize(
    "wrong",
    [
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": 17},
        {"token_endpoint_auth_method": ["none"]},
        {"grant_types": "authorization_code"},
        {"grant_types": ["implicit"]},
        {"grant_types": [17]},
        {"grant_types": {}},
        {"response_types": ["token"]},
        {"response_types": 17.5},
        {"client_name": {"en": "x"}},
        {"client_name": "half a character: \ud800"},
        {"client_name": "\u0000"},
        {"client_uri": 17},
        {"client_uri": "https://client.example/\udfff"},
        {"client_uri": True},
    ],
)
async def test_metadata_of_the_wrong_type_or_value_is_refused(hub: OAuthHub, wrong: dict[str, Any]) -> None:
    refused = await hub.register(metadata(**wrong))

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")
    assert next(iter(wrong)) in refused.json()["error_description"]


async def test_nothing_is_registered_by_a_refused_request(hub: OAuthHub) -> None:
    before = len(hub.storage.tables.clients)

    await hub.register(metadata(grant_types=["implicit"]))

    assert len(hub.storage.tables.clients) == before
