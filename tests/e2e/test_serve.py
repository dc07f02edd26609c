"""`pip-hub serve` from settings: real commands, providers on another site, several workers."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import attrs
import httpx2
import pytest
from playwright.async_api import expect

from tests.e2e.client_app import PATIENCE, register_client
from tests.e2e.conftest import Meet
from tests.e2e.far_away import site
from tests.e2e.processes import Program, free_ports, run, running

pytestmark = pytest.mark.anyio

MCP_SERVER = "https://mcp.example/mcp"

# What an operator writes to point the connectors elsewhere, here at a sandbox.
CONNECTOR_FILES = {
    "xero.toml": """
authorize_url = "SANDBOX/xero/identity/connect/authorize"
token_url = "SANDBOX/xero/connect/token"
[revoke]
url = "SANDBOX/xero/connect/revocation"
[openid]
issuers = ["SANDBOX/xero"]
jwks_url = "SANDBOX/xero/.well-known/openid-configuration/jwks"
[organisations]
list_url = "SANDBOX/xero/connections"
delete_url = "SANDBOX/xero/connections/{id}"
""",
    "_google.toml": """
authorize_url = "SANDBOX/google/o/oauth2/v2/auth"
token_url = "SANDBOX/google/token"
[revoke]
url = "SANDBOX/google/revoke"
[openid]
issuers = ["SANDBOX/google"]
jwks_url = "SANDBOX/google/oauth2/v3/certs"
""",
}


@attrs.frozen(kw_only=True)
class Installation:
    """A hub set up by hand on 127.0.0.1, whose providers live on localhost: to a browser, two different sites."""

    hub: str
    sandbox: str
    program: Program
    resource_id: str
    resource_secret: str

    async def introspect(self, token: str) -> dict[str, Any]:
        """Ask about a token, as the MCP server it was issued for."""
        async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
            response = await http.post(
                f"{self.hub}/oauth/introspect", data={"token": token}, auth=(self.resource_id, self.resource_secret)
            )
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    """Set it up with the commands of the manual."""
    port = free_ports(2)
    hub, sandbox = f"http://127.0.0.1:{port}", f"http://localhost:{port + 1}"
    settings = await _settings(tmp_path, hub, sandbox)
    assert "at head" in await run("migrate", folder=tmp_path, settings=settings)
    added = await run("resources", "add", MCP_SERVER, "--name", "Example tools", folder=tmp_path, settings=settings)
    printed = dict(line.split(maxsplit=1) for line in added.splitlines()[:4])
    serve = ("serve", "--port", str(port), "--workers", "2")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            running("sandbox", "--port", str(port + 1), folder=tmp_path, says="sandbox at", settings=settings)
        )
        program = await stack.enter_async_context(
            running(*serve, folder=tmp_path, says="Application startup complete", settings=settings)
        )
        yield Installation(
            hub=hub,
            sandbox=sandbox,
            program=program,
            resource_id=printed["id"],
            resource_secret=printed["secret"],
        )


async def test_a_journey_across_sites_with_every_worker_killed_on_the_way(
    installation: Installation, meet: Meet
) -> None:
    person, hub = await meet(), installation.hub
    async with site("127.0.0.1") as callback:
        app = await register_client(hub, MCP_SERVER, f"{callback.origin}/callback")
        sent_out = app.send_out()
        await person.open(sent_out.url)
        await person.sign_in("register")
        await person.sees_hub()
        _kill_workers(installation)
        await person.leave_for("xero")
        assert person.page.url.startswith(f"{installation.sandbox}/xero/")
        _kill_workers(installation)
        await person.answer(organisation="Demo Company (AU)")
        await expect(person.banner).to_contain_text("✓ Xero connected: Demo Company (AU)")
        await person.connect("google_sheets", account="sam@example.org")
        await expect(person.banner).to_contain_text("✓ Google Sheets connected: sam@example.org")
        await person.press("continue")
        await expect(person.result("elsewhere")).to_be_visible()

        _kill_workers(installation)
        issued = await app.redeem(callback.answers()[0]["code"], sent_out)
        assert issued.status_code == 200, issued.text
        refreshed = await app.refresh(issued.json()["refresh_token"])
        assert refreshed.status_code == 200, refreshed.text
        told = await installation.introspect(refreshed.json()["access_token"])
        assert told["active"] is True
        assert (told["iss"], told["aud"]) == (hub, MCP_SERVER)
        connectors = told["connectors"]
        assert {key: (state["status"], state["account"]) for key, state in connectors.items()} == {
            "xero": ("connected", "Demo Company (AU)"),
            "gmail": ("not_connected", None),
            "google_sheets": ("connected", "sam@example.org"),
        }
    assert person.violations == []
    assert "Traceback" not in installation.program.log


async def _settings(folder: Path, hub: str, sandbox: str) -> dict[str, str]:
    connectors = folder / "connectors"
    connectors.mkdir()
    for name, text in CONNECTOR_FILES.items():
        (connectors / name).write_text(text.replace("SANDBOX", sandbox), encoding="utf-8")
    return {
        "PIP_HUB_PUBLIC_URL": hub,
        "PIP_HUB_DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'installed.db'}",
        "PIP_HUB_KEYS": (await run("keys", "new", folder=folder)).strip(),
        "PIP_HUB_CONNECTORS_DIR": str(connectors),
        "PIP_HUB_CONNECTOR_XERO_CLIENT_ID": "sandbox-xero-client",
        "PIP_HUB_CONNECTOR_XERO_CLIENT_SECRET": "sandbox-xero-secret",
        "PIP_HUB_CONNECTOR_GMAIL_CLIENT_ID": "sandbox-google-client",
        "PIP_HUB_CONNECTOR_GMAIL_CLIENT_SECRET": "sandbox-google-secret",
        "PIP_HUB_CONNECTOR_GOOGLE_SHEETS_CLIENT_ID": "sandbox-google-client",
        "PIP_HUB_CONNECTOR_GOOGLE_SHEETS_CLIENT_SECRET": "sandbox-google-secret",
    }


def _kill_workers(installation: Installation) -> None:
    """Whatever a worker remembers by itself is lost; the server starts new ones, and connections wait for them."""
    workers = _workers_of(installation.program.pid)
    assert len(workers) == 2
    for worker in workers:
        os.kill(worker, signal.SIGKILL)


def _workers_of(server: int) -> list[int]:
    children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
