"""The demo's tools with the real sandbox behind them: connections are made by a person who clicks through its pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs

from tests.integration.demo.calling import call
from tests.integration.demo.conftest import Demo, running_demo
from tests.integration.demo.stand_in_exchange import Connection
from tests.integration.sandbox.apps import GMAIL, GOOGLE_SCOPE, SHEETS, SHEETS_WRITE, XERO_SCOPE, google_app, xero_app
from tests.support.sandbox import RunningSandbox, running_sandbox

__all__ = ["GMAIL", "GOOGLE_SCOPE", "SHEETS", "SHEETS_WRITE", "XERO_SCOPE", "AtSandbox", "Said", "at_sandbox"]


@attrs.frozen(kw_only=True)
class Said:
    """What a tool answered."""

    text: str
    data: dict[str, Any] | None
    refused: bool


@attrs.frozen(kw_only=True)
class AtSandbox:
    """Demo and sandbox, running."""

    demo: Demo
    sandbox: RunningSandbox

    async def connect_xero(self, *, scope: str = XERO_SCOPE) -> None:
        app = xero_app(self.sandbox)
        tokens = await app.connect(organisation="Demo Company (AU)", scope=scope)
        [row] = await app.connections(tokens["access_token"])
        self.demo.hub.exchange.connections["xero"] = Connection(
            access_token=tokens["access_token"],
            account=row["tenantName"],
            organisation=row["tenantName"],
            organisation_id=row["tenantId"],
        )

    async def connect_google(self, *keys: str, scope: str = GOOGLE_SCOPE, level: str = "read") -> None:
        tokens = await google_app(self.sandbox).connect(scope=scope)
        for key in keys:
            self.demo.hub.exchange.connections[key] = Connection(
                access_token=tokens["access_token"],
                level=level,
                account="alex@example.com",
                organisation=None,
                organisation_id=None,
            )

    async def connect_everything(self) -> None:
        await self.connect_xero()
        await self.connect_google("gmail", "google_sheets", scope=f"openid email {GMAIL} {SHEETS_WRITE}", level="write")

    async def use(self, tool: str, **arguments: Any) -> Said:
        result = (await call(self.demo, tool, **arguments))["result"]
        return Said(
            text=result["content"][0]["text"],
            data=result.get("structuredContent"),
            refused=result.get("isError", False),
        )


@asynccontextmanager
async def at_sandbox(folder: Path) -> AsyncIterator[AtSandbox]:
    """Both of them."""
    async with running_sandbox() as sandbox, running_demo(folder, sandbox_url=sandbox.url) as demo:
        yield AtSandbox(demo=demo, sandbox=sandbox)
