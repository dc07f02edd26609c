"""An MCP server of somebody else's, protected with `pip_hub.mcp`, and a stand-in for its hub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.server.mcpserver import Context, MCPServer
from mcp_types import InputRequiredResult

from pip_hub.mcp import (
    ConnectionNeeded,
    ConnectorToken,
    HubTokenVerifier,
    HubTroubleMiddleware,
    Level,
    connector_token,
    offer_link,
)
from tests.integration.demo.stand_in_hub import RESOURCE_ID, RESOURCE_SECRET, StandInHub
from tests.support.loopback import listener, serving, url_of
from tests.support.mcp_client import Mode, PageOpener

INITIALIZE = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "a-client", "version": "1"},
}


@attrs.frozen(kw_only=True)
class Protected:
    """The server, running, and whatever its tools were given."""

    hub: StandInHub
    url: str
    verifier: HubTokenVerifier
    given: list[ConnectorToken] = attrs.Factory(list)

    @asynccontextmanager
    async def client(
        self, token: str | None = None, *, mode: Mode = "auto", opens_pages: PageOpener | None = None
    ) -> AsyncIterator[Client]:
        """The official client with a token that the hub has issued."""
        async with self.http(token or self.hub.issue()) as http, self.over(http, mode, opens_pages) as client:
            yield client

    def http(self, token: str) -> httpx2.AsyncClient:
        """What carries the token."""
        return httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, trust_env=False)

    def over(self, http: httpx2.AsyncClient, mode: Mode, opens_pages: PageOpener | None = None) -> Client:
        """The official client, over that."""
        transport = streamable_http_client(self.url, http_client=http)
        return Client(transport, mode=mode, elicitation_callback=opens_pages)

    async def post(self, token: str) -> httpx2.Response:
        """One plain request, for its status."""
        async with self.http(token) as http:
            return await http.post(
                self.url,
                headers={"Accept": "application/json, text/event-stream"},
                json={"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE},
            )


@pytest.fixture
async def hub() -> AsyncIterator[StandInHub]:
    """The stand-in, issuing tokens for a server that need not run."""
    bound = listener()
    stand_in = StandInHub(issuer=url_of(bound), resource="http://localhost:1/mcp")
    async with serving(stand_in.app(), bound):
        yield stand_in


@pytest.fixture
async def verifier(hub: StandInHub) -> AsyncIterator[HubTokenVerifier]:
    """Without a cache, so that each test sees what the hub says now."""
    async with a_verifier(hub, cache_seconds=0) as made:
        yield made


@pytest.fixture
async def protected(hub: StandInHub) -> AsyncIterator[Protected]:
    """The server, asking the hub about each request."""
    async with protected_server(hub, cache_seconds=0) as running:
        yield running


@asynccontextmanager
async def protected_server(hub: StandInHub, *, cache_seconds: float) -> AsyncIterator[Protected]:
    """The server in its plainest form: sessions and streams, as the SDK sets them up by itself."""
    bound = listener()
    hub.resource = f"{url_of(bound)}/mcp"
    async with a_verifier(hub, cache_seconds=cache_seconds) as made:
        running = Protected(hub=hub, url=hub.resource, verifier=made)
        app = a_server(running).streamable_http_app()
        app.add_middleware(HubTroubleMiddleware)
        async with serving(app, bound):
            yield running


@asynccontextmanager
async def a_verifier(hub: StandInHub, **changes: Any) -> AsyncIterator[HubTokenVerifier]:
    known = {
        "issuer": hub.issuer,
        "resource": hub.resource,
        "resource_id": RESOURCE_ID,
        "resource_secret": RESOURCE_SECRET,
    }
    made = HubTokenVerifier(**known | changes)
    try:
        yield made
    finally:
        await made.aclose()


def a_server(protected: Protected) -> MCPServer[Any]:
    server: MCPServer[Any] = MCPServer(
        "somebody-elses", token_verifier=protected.verifier, auth=protected.verifier.auth_settings("mcp")
    )

    @server.tool()
    async def use(connector: str, level: Level, ctx: Context) -> str:
        token = await connector_token(ctx, connector, level)
        protected.given.append(token)
        return f"{token.organisation or token.account} at {token.level}"

    @server.tool()
    async def use_or_offer(connector: str, level: Level, ctx: Context) -> str | InputRequiredResult:
        try:
            return str((await connector_token(ctx, connector, level)).account)
        except ConnectionNeeded as needed:
            return offer_link(ctx, needed)

    return server
