"""Strangers' own code against the endpoints: the official MCP SDK reads the answers, Authlib makes the calls."""

import httpx2
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthMetadata, OAuthToken
from pydantic import AnyUrl

from pip_hub.domain.client import Client
from tests.builders import VERIFIER
from tests.integration.web.oauth.oauth_hub import (
    BASIC,
    CLIENT_SECRET,
    POST,
    PUBLIC,
    RESOURCE_ID,
    RESOURCE_SECRET,
    OAuthHub,
)
from tests.support.hub import ISSUER

pytestmark = pytest.mark.anyio

CALLBACK = "https://client.example/callback"


async def test_the_mcp_sdk_reads_the_metadata(hub: OAuthHub) -> None:
    for path in ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"):
        document = OAuthMetadata.model_validate_json((await hub.http.get(path)).content)

        assert str(document.issuer) == ISSUER
        assert document.code_challenge_methods_supported == ["S256"]
        assert document.authorization_response_iss_parameter_supported is True


async def test_authlib_finds_nothing_wrong_with_the_metadata(hub: OAuthHub) -> None:
    document = AuthorizationServerMetadata((await hub.http.get("/.well-known/oauth-authorization-server")).json())

    document.validate()


async def test_the_mcp_sdk_registers_and_reads_what_it_became(hub: OAuthHub) -> None:
    asked = OAuthClientMetadata(client_name="A stranger", redirect_uris=[AnyUrl(CALLBACK)])

    answer = await hub.register(asked.model_dump(mode="json", exclude_none=True))

    client = OAuthClientInformationFull.model_validate_json(answer.content)
    assert client.client_secret
    assert client.token_endpoint_auth_method == "client_secret_basic"
    assert client.application_type == "native"
    assert client.validate_redirect_uri(None) == AnyUrl(CALLBACK)


async def test_the_mcp_sdk_reads_the_tokens(hub: OAuthHub) -> None:
    first = OAuthToken.model_validate_json((await hub.redeem(await hub.a_code())).content)
    assert first.refresh_token is not None
    second = OAuthToken.model_validate_json((await hub.refresh(first.refresh_token)).content)

    assert (first.token_type, second.token_type) == ("Bearer", "Bearer")
    assert (first.expires_in, second.scope) == (3600, "mcp:tools")


@pytest.mark.parametrize("registered", [PUBLIC, BASIC, POST], ids=["none", "basic", "post"])
async def test_authlib_redeems_refreshes_and_revokes(hub: OAuthHub, registered: Client) -> None:
    secret = None if registered is PUBLIC else CLIENT_SECRET
    async with AsyncOAuth2Client(
        client_id=registered.id,
        client_secret=secret,
        token_endpoint_auth_method=registered.auth_method.value,
        revocation_endpoint_auth_method=registered.auth_method.value,
        redirect_uri=CALLBACK,
        transport=httpx2.ASGITransport(hub.app),
    ) as stranger:
        code = await hub.a_code(client=registered)

        token = await stranger.fetch_token(f"{ISSUER}/oauth/token", code=code, code_verifier=VERIFIER)
        fresh = await stranger.refresh_token(f"{ISSUER}/oauth/token", refresh_token=token["refresh_token"])
        assert await hub.is_active(fresh["access_token"])
        revoked = await stranger.revoke_token(f"{ISSUER}/oauth/revoke", token=fresh["refresh_token"])

    assert revoked.status_code == 200
    assert not await hub.is_active(fresh["access_token"])


async def test_authlib_introspects(hub: OAuthHub) -> None:
    tokens = await hub.tokens()
    async with AsyncOAuth2Client(
        client_id=RESOURCE_ID,
        client_secret=RESOURCE_SECRET,
        transport=httpx2.ASGITransport(hub.app),
    ) as stranger:
        answer = await stranger.introspect_token(f"{ISSUER}/oauth/introspect", token=tokens["access_token"])

    assert answer.json()["active"] is True
