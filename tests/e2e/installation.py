"""`pip-hub serve` as an operator sets it up: real commands, settings, and the sandbox where the providers would be."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx2

from tests.e2e.client_app import PATIENCE
from tests.e2e.processes import Program, free_ports, run, running
from tests.support.sandbox import SandboxControl

MCP_SERVER = "https://mcp.example/mcp"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"

# What an operator writes to point the connectors elsewhere, here at a sandbox. Google Sheets also asks for the names of
# files, so that one of two boxes can be left unticked.
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
    "google_sheets.toml": """
[levels]
read = [
  "https://www.googleapis.com/auth/spreadsheets.readonly",
  "https://www.googleapis.com/auth/drive.metadata.readonly",
]
write = [
  "https://www.googleapis.com/auth/spreadsheets",
  "https://www.googleapis.com/auth/drive.metadata.readonly",
]
[words]
"https://www.googleapis.com/auth/drive.metadata.readonly" = "finding spreadsheets by name"
""",
}


@attrs.frozen(kw_only=True)
class Installation:
    """A hub set up by hand on 127.0.0.1, whose providers live on localhost: to a browser, two different sites."""

    hub: str
    sandbox: str
    folder: Path
    program: Program
    settings: Mapping[str, str]
    resource_id: str
    resource_secret: str
    at_sandbox: httpx2.AsyncClient

    @property
    def control(self) -> SandboxControl:
        """Steers the sandbox."""
        return SandboxControl(self.at_sandbox)

    @property
    def database(self) -> Path:
        return self.folder / "installed.db"

    async def introspect(self, token: str) -> dict[str, Any]:
        """Ask about a token, as the MCP server it was issued for."""
        response = await self._ask("introspect", token=token)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def release(self, token: str, connector: str, level: str) -> httpx2.Response:
        """Ask for a connector's token, as the MCP server that was given this token (RFC 8693)."""
        return await self._ask(
            "token",
            grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
            subject_token=token,
            subject_token_type=ACCESS_TOKEN,
            audience=connector,
            scope=level,
        )

    async def _ask(self, endpoint: str, **form: str) -> httpx2.Response:
        async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
            return await http.post(
                f"{self.hub}/oauth/{endpoint}", data=form, auth=(self.resource_id, self.resource_secret)
            )


@asynccontextmanager
async def installed(folder: Path, *, workers: int) -> AsyncIterator[Installation]:
    """Set it up with the commands of the manual."""
    port = free_ports(2)
    hub, sandbox = f"http://127.0.0.1:{port}", f"http://localhost:{port + 1}"
    settings = await _settings(folder, hub, sandbox)
    assert "at head" in await run("migrate", folder=folder, settings=settings)
    added = await run("resources", "add", MCP_SERVER, "--name", "Example tools", folder=folder, settings=settings)
    printed = dict(line.split(maxsplit=1) for line in added.splitlines()[:4])
    serve = ("serve", "--port", str(port), "--workers", str(workers))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(
            running("sandbox", "--port", str(port + 1), folder=folder, says="sandbox at", settings=settings)
        )
        program = await stack.enter_async_context(
            running(*serve, folder=folder, says="Application startup complete", settings=settings)
        )
        http = await stack.enter_async_context(httpx2.AsyncClient(base_url=sandbox, trust_env=False, timeout=PATIENCE))
        yield Installation(
            hub=hub,
            sandbox=sandbox,
            folder=folder,
            program=program,
            settings=settings,
            resource_id=printed["id"],
            resource_secret=printed["secret"],
            at_sandbox=http,
        )


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
