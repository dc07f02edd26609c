"""The demo: hub, provider sandbox and MCP server, side by side in one process."""

from __future__ import annotations

import contextlib
import logging.config
import os
from pathlib import Path

import anyio
import anyio.to_thread
import attrs

from pip_hub.adapters.sql.migration import migrate
from pip_hub.application.resources.add_resource import AddResourceCommand
from pip_hub.domain.errors import ResourceRefused
from pip_hub.domain.secret import digest_of
from pip_hub.entrypoints.asgi import app_of
from pip_hub.entrypoints.container import Hub, compose
from pip_hub.entrypoints.demo.home import DemoHome, ResourceCredentials
from pip_hub.entrypoints.demo.mcp_config import DemoMcpConfig
from pip_hub.entrypoints.demo.mcp_server import create_mcp_app
from pip_hub.entrypoints.demo.sandbox import sandbox_app, sandbox_credentials, sandbox_endpoints
from pip_hub.entrypoints.logs import LOGGING
from pip_hub.entrypoints.serving import Site, serve_together
from pip_hub.entrypoints.settings import Settings

SCOPES = ("mcp",)


@attrs.frozen(kw_only=True)
class DemoAddresses:
    """Three neighbours; `localhost` everywhere, since clients compare hosts by name."""

    port: int

    @property
    def hub(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def sandbox(self) -> str:
        return f"http://localhost:{self.port + 1}"

    @property
    def mcp_server(self) -> str:
        return f"http://localhost:{self.port + 2}/mcp"

    @property
    def sample_client(self) -> str:
        return f"http://localhost:{self.port + 2}/sample-client"


async def run_demo(folder: Path, port: int, *, reset: bool) -> None:
    """Serve all three until interrupted.

    Raises:
        PortTaken: one of the ports is in use.
    """
    logging.config.dictConfig(LOGGING)
    home, addresses = DemoHome(folder), DemoAddresses(port=port)
    home.prepare(reset=reset)
    hub = compose(demo_settings(home, addresses), sandbox_endpoints(addresses.sandbox))
    await anyio.to_thread.run_sync(migrate, home.database_url)
    credentials = await _mcp_credentials(hub, home, addresses)
    mcp_config = DemoMcpConfig(
        issuer=addresses.hub,
        resource=addresses.mcp_server,
        resource_id=credentials.id,
        resource_secret=credentials.secret.reveal(),
        scopes=SCOPES,
        sandbox_url=addresses.sandbox,
        sample_client_file=home.sample_client_file,
    )
    sites = [
        Site(app=app_of(hub), port=port),
        Site(app=sandbox_app(addresses.sandbox, addresses.hub, home.sandbox_file), port=port + 1),
        Site(app=create_mcp_app(mcp_config), port=port + 2),
    ]
    await serve_together(sites, when_ready=lambda: _greet(addresses))


def demo_settings(home: DemoHome, addresses: DemoAddresses) -> Settings:
    """Settings of the demo's hub. What the person set for presentation counts; everything else is the demo's own."""
    own = Settings.from_environ(
        {name: os.environ[name] for name in ("PIP_HUB_BRAND", "PIP_HUB_APP_URL") if name in os.environ}
    )
    return attrs.evolve(
        own,
        public_url=addresses.hub,
        database_url=home.database_url,
        keys=home.sealing_key(),
        credentials=sandbox_credentials(addresses.sandbox, addresses.hub),
    )


async def _mcp_credentials(hub: Hub, home: DemoHome, addresses: DemoAddresses) -> ResourceCredentials:
    """The MCP server's credentials of earlier runs, or fresh ones; database and file may have been lost separately."""
    kept = home.resource_credentials()
    registered = await hub.use_cases.list_resources()()
    for resource in registered:
        if (
            kept is not None
            and resource.uri == addresses.mcp_server
            and resource.secret_digest == digest_of(kept.secret)
        ):
            return kept
    with contextlib.suppress(ResourceRefused):  # nothing to remove: the first run on this port
        await hub.use_cases.remove_resource()(addresses.mcp_server)
    command = AddResourceCommand(uri=addresses.mcp_server, name="Pip demo tools", scopes=" ".join(SCOPES))
    added = await hub.use_cases.add_resource()(command)
    fresh = ResourceCredentials(id=added.resource.id, secret=added.secret)
    home.keep_resource_credentials(fresh)
    return fresh


def _greet(addresses: DemoAddresses) -> None:
    print(
        f"""
pip-hub demo is running.

  Open this and press Connect:   {addresses.sample_client}
  Manage your connections:       {addresses.hub}/integrations
  Steer the sandbox providers:   {addresses.sandbox}/control

Or add the demo's MCP server to a client you already have:

  claude mcp add --transport http pip {addresses.mcp_server}
  npx @modelcontextprotocol/inspector   (transport "Streamable HTTP", URL {addresses.mcp_server})

Everything is kept in .pip-hub/ until you run with --reset. Ctrl-C stops it.
""",
        flush=True,
    )
