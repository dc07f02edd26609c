"""The demo's MCP server and a stand-in for the hub, each on a port of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx2
import pytest

from pip_hub.entrypoints.demo.mcp_server import DemoMcpConfig, create_mcp_app
from tests.integration.demo.stand_in_hub import RESOURCE_ID, RESOURCE_SECRET, StandInHub
from tests.support.loopback import listener, serving, url_of


def a_browser() -> httpx2.AsyncClient:
    """Something that follows redirects and keeps cookies."""
    return httpx2.AsyncClient(follow_redirects=True, trust_env=False)


@attrs.frozen(kw_only=True)
class Demo:
    """Both of them, running."""

    hub: StandInHub
    config: DemoMcpConfig
    browser: httpx2.AsyncClient
    mcp_server: AsyncExitStack

    async def restart_mcp_server(self) -> None:
        """Stop it and start another one at the same place, which knows only what is on the disk."""
        await self.mcp_server.aclose()
        bound = listener(httpx2.URL(self.config.origin).port or 0)
        await self.mcp_server.enter_async_context(serving(create_mcp_app(self.config), bound))

    @property
    def sample_client(self) -> str:
        return f"{self.config.origin}/sample-client"


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """Start both, with a browser that follows redirects and keeps cookies."""
    async with running_demo(tmp_path) as running:
        yield running


@asynccontextmanager
async def running_demo(folder: Path, **changes: Any) -> AsyncIterator[Demo]:
    """Both, with changes to what the MCP server is told."""
    hub_socket, mcp_socket = listener(), listener()
    config = DemoMcpConfig(
        issuer=url_of(hub_socket),
        resource=f"{url_of(mcp_socket)}/mcp",
        resource_id=RESOURCE_ID,
        resource_secret=RESOURCE_SECRET,
        scopes=("mcp",),
        sample_client_file=folder / ".pip-hub" / "sample-client.json",
    )
    config = attrs.evolve(config, **changes)
    hub = StandInHub(issuer=config.issuer, resource=config.resource)
    async with (
        serving(hub.app(), hub_socket),
        a_browser() as browser,
        AsyncExitStack() as mcp_server,
    ):
        await mcp_server.enter_async_context(serving(create_mcp_app(config), mcp_socket))
        yield Demo(hub=hub, config=config, browser=browser, mcp_server=mcp_server)
