"""The hub in memory, called as MCP clients and MCP servers do, and somebody who has approved a client there."""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import attrs
import httpx2
from starlette.applications import Starlette

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.unit_of_work import MemoryStorage
from pip_hub.domain.client import Client, ClientAuthMethod
from pip_hub.domain.identifiers import ClientId, FlowId, GrantId, ResourceId
from pip_hub.domain.permission import Level
from pip_hub.domain.secret import Secret, digest_of
from tests.builders import VERIFIER, a_client, a_code, a_grant, a_link, a_resource, a_user
from tests.support.hub import ISSUER, a_hub

FORM_TYPE = "application/x-www-form-urlencoded"

RESOURCE = "https://mcp.example/mcp"
RESOURCE_ID, RESOURCE_SECRET = "resource-1", "the secret of resource"
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

    app: Starlette
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


@asynccontextmanager
async def an_oauth_hub(issuer: str = ISSUER) -> AsyncIterator[OAuthHub]:
    """One user with a connection, two resources, and a client of every kind."""
    async with a_hub(client=PUBLIC, issuer=issuer) as memory:
        xero = memory.catalogue.get("xero")
        assert xero is not None
        async with memory.storage.unit_of_work() as work:
            await work.users.add(a_user())
            await work.connector_links.put(a_link(granted=xero.scopes.needed(Level.READ)))
            await work.resources.add(a_resource(id=ResourceId("resource-2"), uri="https://other.example/mcp"))
            await work.clients.add(BASIC)
            await work.clients.add(POST)
            await work.commit()
        transport = httpx2.ASGITransport(memory.app)
        async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as http:
            yield OAuthHub(app=memory.app, storage=memory.storage, clock=memory.clock, http=http)
