"""`pip-hub demo`, running."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import attrs
import httpx2

from tests.e2e.passing_time import let_time_pass
from tests.e2e.processes import Program, free_ports, running
from tests.support.sandbox import SandboxControl


@attrs.frozen(kw_only=True)
class Demo:
    """Hub, sandbox and MCP server in one process, and the folder where they keep everything."""

    program: Program
    folder: Path
    port: int
    at_sandbox: httpx2.AsyncClient

    @property
    def control(self) -> SandboxControl:
        """Steers the sandbox."""
        return SandboxControl(self.at_sandbox)

    @property
    def hub(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def sandbox(self) -> str:
        return f"http://localhost:{self.port + 1}"

    @property
    def keys(self) -> str:
        """What `PIP_HUB_KEYS` is elsewhere."""
        return (self.folder / "sealing-key").read_text(encoding="ascii").strip()

    @property
    def mcp_server(self) -> str:
        return f"http://localhost:{self.port + 2}/mcp"

    @property
    def sample_client(self) -> str:
        return f"http://localhost:{self.port + 2}/sample-client"

    async def restart_later(self, later: timedelta) -> None:
        """Kill it in the middle of whatever it does, let some time pass, and start it on what it left behind."""
        await self.program.kill()
        await let_time_pass(self.folder / "hub.db", self.keys, later)
        await self.program.start()


@asynccontextmanager
async def running_demo(folder: Path, port: int | None = None) -> AsyncIterator[Demo]:
    """Start it in this folder, on free ports unless one is given."""
    port = free_ports(3) if port is None else port
    async with (
        running("demo", "--port", str(port), folder=folder, says="demo is running") as program,
        httpx2.AsyncClient(base_url=f"http://localhost:{port + 1}", trust_env=False, timeout=60) as http,
    ):
        yield Demo(program=program, folder=folder / ".pip-hub", port=port, at_sandbox=http)
