"""What the server says about itself: where clients look for it, and that every word of it is true (RFC 8414)."""

from urllib.parse import urlsplit

import pytest

from tests.integration.web.oauth.oauth_hub import OAuthHub, an_oauth_hub
from tests.support.hub import ISSUER

pytestmark = pytest.mark.anyio

BOTH = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]


@pytest.mark.requirement("RFC 8414 3")
@pytest.mark.parametrize("path", BOTH)
async def test_both_documents_name_the_issuer_exactly_and_may_be_kept_for_a_while(hub: OAuthHub, path: str) -> None:
    answer = await hub.http.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.json()["issuer"] == ISSUER


async def test_what_is_told_is_what_this_server_does(hub: OAuthHub) -> None:
    document = (await hub.http.get(BOTH[0])).json()

    assert document == {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/oauth/authorize",
        "token_endpoint": f"{ISSUER}/oauth/token",
        "registration_endpoint": f"{ISSUER}/oauth/register",
        "revocation_endpoint": f"{ISSUER}/oauth/revoke",
        "introspection_endpoint": f"{ISSUER}/oauth/introspect",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "authorization_response_iss_parameter_supported": True,
    }


async def test_openids_place_has_the_same_and_says_that_nothing_is_signed(hub: OAuthHub) -> None:
    oauth, openid = [(await hub.http.get(path)).json() for path in BOTH]

    assert openid == oauth | {
        "jwks_uri": f"{ISSUER}/oauth/jwks",
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [],
    }
    assert (await hub.http.get("/oauth/jwks")).json() == {"keys": []}


@pytest.mark.parametrize("issuer", [ISSUER, f"{ISSUER}/hub"])
async def test_every_endpoint_told_is_there(issuer: str) -> None:
    async with an_oauth_hub(issuer) as hub:
        document = (await hub.http.get(BOTH[0])).json()
        told = {name: urlsplit(url).path for name, url in document.items() if name.endswith("_endpoint")}

        page = await hub.http.get(told.pop("authorization_endpoint"))
        answers = {name: (await hub.http.post(path)).status_code for name, path in told.items()}

    assert page.status_code == 400
    assert answers == dict.fromkeys(told, 400)


async def test_every_grant_type_told_is_known_to_the_token_endpoint(hub: OAuthHub) -> None:
    document = (await hub.http.get(BOTH[0])).json()

    errors = {
        (await hub.token({"grant_type": grant_type, "client_id": "public-client"})).json()["error"]
        for grant_type in document["grant_types_supported"]
    }

    assert errors == {"invalid_request"}


@pytest.mark.requirement("RFC 8414 3.1")
@pytest.mark.parametrize("well_known", BOTH)
@pytest.mark.parametrize("prefix", ["/hub", "/deeper/hub"])
async def test_an_issuer_with_a_path_is_found_in_both_shapes_and_behind_a_proxy_that_takes_it_away(
    well_known: str, prefix: str
) -> None:
    issuer = f"{ISSUER}{prefix}"

    async with an_oauth_hub(issuer) as hub:
        for path in (f"{well_known}{prefix}", f"{prefix}{well_known}", well_known):
            document = (await hub.http.get(path)).json()
            assert document["issuer"] == issuer
            assert document["token_endpoint"] == f"{issuer}/oauth/token"


async def test_an_issuer_without_a_path_is_not_found_under_one(hub: OAuthHub) -> None:
    assert (await hub.http.get("/.well-known/oauth-authorization-server/hub")).status_code == 404
