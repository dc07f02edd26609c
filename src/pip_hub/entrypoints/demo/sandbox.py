"""The sandbox as the provider of every connector: its application, and the connector settings that lead to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette

from pip_hub.adapters.providers.credentials import ConnectorCredentials
from pip_hub.adapters.sandbox.app import create_sandbox_app
from pip_hub.adapters.sandbox.config import demo_config
from pip_hub.domain.secret import Secret
from pip_hub.entrypoints.serving import Site, serve_together


def sandbox_app(sandbox_url: str, hub_url: str, state_file: Path | None) -> Starlette:
    """Xero and Google at `sandbox_url`, knowing the hub at `hub_url` as a registered application."""
    return create_sandbox_app(demo_config(sandbox_url, hub_url), state_file)


def sandbox_credentials(sandbox_url: str, hub_url: str) -> dict[str, ConnectorCredentials]:
    """What the sandbox knows the hub by; worth nothing anywhere else."""
    config = demo_config(sandbox_url, hub_url)
    xero, google = config.xero_apps[0], config.google_projects[0].clients[0]
    return {
        "xero": _credentials(xero.client_id, xero.client_secret),
        "gmail": _credentials(google.client_id, google.client_secret),
        "google_sheets": _credentials(google.client_id, google.client_secret),
    }


def sandbox_endpoints(sandbox_url: str) -> Mapping[str, Mapping[str, object]]:
    """Catalogue overrides in the form of connector files: only the addresses differ from the real providers'."""
    xero, google = f"{sandbox_url}/xero", f"{sandbox_url}/google"
    return {
        "xero": {
            "authorize_url": f"{xero}/identity/connect/authorize",
            "token_url": f"{xero}/connect/token",
            "revoke": {"url": f"{xero}/connect/revocation"},
            "openid": {"issuers": [xero], "jwks_url": f"{xero}/.well-known/openid-configuration/jwks"},
            "organisations": {"list_url": f"{xero}/connections", "delete_url": f"{xero}/connections/{{id}}"},
        },
        "_google": {
            "authorize_url": f"{google}/o/oauth2/v2/auth",
            "token_url": f"{google}/token",
            "revoke": {"url": f"{google}/revoke"},
            "openid": {"issuers": [google], "jwks_url": f"{google}/oauth2/v3/certs"},
        },
    }


def _credentials(client_id: str, client_secret: str | None) -> ConnectorCredentials:
    return ConnectorCredentials(client_id=client_id, client_secret=Secret(client_secret) if client_secret else None)


async def run_sandbox(port: int, hub_url: str) -> None:
    """Serve the sandbox alone until interrupted; its state ends with it.

    Raises:
        PortTaken: the port is in use.
    """
    sandbox_url = f"http://localhost:{port}"

    def greet() -> None:
        print(f"Xero and Google sandbox at {sandbox_url}/control, for a hub at {hub_url}. Ctrl-C stops it.", flush=True)

    await serve_together([Site(app=sandbox_app(sandbox_url, hub_url, None), port=port)], when_ready=greet)
