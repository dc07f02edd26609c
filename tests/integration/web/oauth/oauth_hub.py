"""The OAuth endpoints over the in-memory adapters, in process, and somebody who has approved a client there."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import attrs
import httpx2
from dependency_injector import providers
from starlette.applications import Starlette

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.gateway import MemoryGateway
from pip_hub.adapters.memory.passwords import FewCommonPasswords, QuickPasswordHasher
from pip_hub.adapters.memory.secrets import CountedSecrets
from pip_hub.adapters.memory.unit_of_work import MemoryStorage
from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.adapters.web.json_errors import render_token_refused
from pip_hub.adapters.web.oauth.introspect import IntrospectEndpoint
from pip_hub.adapters.web.oauth.metadata import MetadataEndpoint
from pip_hub.adapters.web.oauth.register import RegisterEndpoint
from pip_hub.adapters.web.oauth.revoke import RevokeEndpoint
from pip_hub.adapters.web.oauth.routes import OAuthEndpoints, oauth_routes
from pip_hub.adapters.web.oauth.token import AuthorizationCodeGrant, RefreshTokenGrant, TokenEndpoint
from pip_hub.application.policy import Policy
from pip_hub.domain.client import Client, ClientAuthMethod
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.errors import TokenRefused
from pip_hub.domain.identifiers import ClientId, ConnectorKey, FlowId, GrantId, ResourceId
from pip_hub.domain.secret import Secret, digest_of
from pip_hub.entrypoints.use_cases import UseCases
from tests.builders import (
    NOW,
    VERIFIER,
    a_client,
    a_code,
    a_connector,
    a_connector_with_organisations,
    a_grant,
    a_link,
    a_resource,
    a_user,
)

ISSUER = "https://hub.example"
FORM_TYPE = "application/x-www-form-urlencoded"

RESOURCE = "https://mcp.example/mcp"
RESOURCE_ID, RESOURCE_SECRET = "resource-1", "the secret of the resource"
CLIENT_SECRET = "a secret: 100% & more"
"""With characters that only survive a Basic header when both sides form-encode and form-decode it."""

PUBLIC = a_client(id=ClientId("public-client"))
BASIC = a_client(
    id=ClientId("basic-client"), auth_method=ClientAuthMethod.BASIC, secret_digest=digest_of(Secret(CLIENT_SECRET))
)
POST = a_client(
    id=ClientId("post-client"), auth_method=ClientAuthMethod.POST, secret_digest=digest_of(Secret(CLIENT_SECRET))
)


def basic(name: str, secret: str) -> dict[str, str]:
    """An Authorization header of exactly these two halves; form-encoding them is up to the caller."""
    return {"Authorization": f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"}


AS_RESOURCE = basic(RESOURCE_ID, RESOURCE_SECRET)


@attrs.frozen(kw_only=True)
class OAuthHub:
    """The endpoints, what stands behind them, and a client to call them with."""

    use_cases: UseCases
    storage: MemoryStorage
    clock: FrozenClock
    http: httpx2.AsyncClient

    async def token(self, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> httpx2.Response:
        return await self.http.post("/oauth/token", data=dict(form), headers=headers)

    async def redeem(self, code: str, **changes: str) -> httpx2.Response:
        """Redeem a code the way the public client does."""
        form = {
            "grant_type": "authorization_code",
            "client_id": PUBLIC.id,
            "code": code,
            "code_verifier": VERIFIER,
            "redirect_uri": "https://client.example/callback",
            "resource": RESOURCE,
        }
        return await self.token(form | changes)

    async def refresh(self, refresh_token: str, **changes: str) -> httpx2.Response:
        form = {"grant_type": "refresh_token", "client_id": PUBLIC.id, "refresh_token": refresh_token}
        return await self.token(form | changes)

    async def register(self, metadata: object, content_type: str = "application/json") -> httpx2.Response:
        """Register with the metadata in JSON's escapes, which can spell what UTF-8 cannot."""
        return await self.http.post(
            "/oauth/register", content=json.dumps(metadata), headers={"Content-Type": content_type}
        )

    async def introspect(self, token: str, headers: Mapping[str, str] = AS_RESOURCE) -> httpx2.Response:
        return await self.http.post("/oauth/introspect", data={"token": token}, headers=headers)

    async def is_active(self, token: str) -> bool:
        answer = await self.introspect(token)
        assert answer.status_code == 200
        active: bool = answer.json()["active"]
        return active

    async def a_code(self, name: str = "code", client: Client = PUBLIC) -> str:
        """A code that the user has just approved for this client."""
        grant = a_grant(id=GrantId(f"grant of {name}"), client_id=client.id)
        async with self.storage.unit_of_work() as work:
            await work.grants.add(grant)
            await work.authorization_codes.add(
                a_code(
                    digest=digest_of(Secret(name)),
                    flow_id=FlowId(f"flow of {name}"),
                    grant_id=grant.id,
                    client_id=client.id,
                )
            )
            await work.commit()
        return name

    async def tokens(self, name: str = "code") -> dict[str, Any]:
        """The public client's tokens, fresh from a code."""
        answer = await self.redeem(await self.a_code(name))
        assert answer.status_code == 200
        members: dict[str, Any] = answer.json()
        return members


def a_catalogue() -> ConnectorCatalogue:
    """Xero, connectable; Google Sheets, connectable; one that is not."""
    return ConnectorCatalogue(
        (
            a_connector_with_organisations(),
            a_connector(),
            a_connector(key=ConnectorKey("later"), name="Later", available=False),
        )
    )


def compose(storage: MemoryStorage, clock: FrozenClock, issuer: str = ISSUER) -> UseCases:
    """The use cases over the in-memory adapters."""
    return UseCases(
        policy=providers.Object(Policy(issuer=issuer)),
        catalogue=providers.Object(a_catalogue()),
        unit_of_work=providers.Object(storage.unit_of_work),
        gateway=providers.Object(MemoryGateway(clock)),
        vault=providers.Object(MemoryVault()),
        hasher=providers.Object(QuickPasswordHasher()),
        common_passwords=providers.Object(FewCommonPasswords()),
        clock=providers.Object(clock),
        secrets=providers.Object(CountedSecrets()),
    )


def oauth_endpoints(use_cases: UseCases) -> OAuthEndpoints:
    token = TokenEndpoint(
        grants={
            "authorization_code": AuthorizationCodeGrant(redeem_code=use_cases.redeem_code()),
            "refresh_token": RefreshTokenGrant(refresh_tokens=use_cases.refresh_tokens()),
        }
    )
    policy = use_cases.policy()
    return OAuthEndpoints(
        token=token,
        register=RegisterEndpoint(register_client=use_cases.register_client()),
        revoke=RevokeEndpoint(revoke_token=use_cases.revoke_token()),
        introspect=IntrospectEndpoint(introspect_token=use_cases.introspect_token(), policy=policy),
        metadata=MetadataEndpoint(policy=policy, token=token),
    )


def app_of(use_cases: UseCases) -> Starlette:
    return Starlette(
        routes=oauth_routes(oauth_endpoints(use_cases)), exception_handlers={TokenRefused: render_token_refused}
    )


def a_caller(app: Starlette) -> httpx2.AsyncClient:
    """Calls the app in process, through no proxy and no socket."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=ISSUER)


async def furnish(storage: MemoryStorage) -> None:
    """One user with a connection, one resource, and a client of every kind."""
    async with storage.unit_of_work() as work:
        await work.users.add(a_user())
        await work.connector_links.put(a_link())
        await work.resources.add(a_resource(secret_digest=digest_of(Secret(RESOURCE_SECRET))))
        await work.resources.add(
            a_resource(
                id=ResourceId("resource-2"),
                uri="https://other.example/mcp",
                secret_digest=digest_of(Secret(RESOURCE_SECRET)),
            )
        )
        for client in (PUBLIC, BASIC, POST):
            await work.clients.add(client)
        await work.commit()


def a_clock() -> FrozenClock:
    return FrozenClock(NOW)
