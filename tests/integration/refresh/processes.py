"""Workers in processes of their own, and how to talk to them."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import attrs
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

from tests.integration.refresh.installation import Setup, Somebody
from tests.support.sandbox import RunningSandbox

LONGEST_LINE = 1_000_000
PATIENCE = 60
"""Seconds after which a process that says nothing has failed."""


@attrs.frozen
class Worker:
    """A running `tests.integration.refresh.worker`."""

    process: Process
    _said: BufferedByteReceiveStream

    async def hears(self) -> Any:
        """The next thing it says."""
        with anyio.fail_after(PATIENCE):
            return json.loads(await self._said.receive_until(b"\n", LONGEST_LINE))

    async def order(self, *releases: tuple[Somebody, str, str]) -> None:
        """Have it start all of these at once; it has, when this returns."""
        order = [[who.token.reveal(), connector, level] for who, connector, level in releases]
        assert self.process.stdin is not None
        await self.process.stdin.send(json.dumps(order).encode() + b"\n")
        assert await self.hears() == "started"

    async def release(self, who: Somebody, connector: str, level: str = "read") -> str:
        """One release: the digest of the token, or why there is none."""
        await self.order((who, connector, level))
        (answer,) = await self.hears()
        return str(answer)


@asynccontextmanager
async def a_worker(setup: Setup) -> AsyncIterator[Worker]:
    """A worker that is ready; it is killed in the end, if it is not dead already."""
    command = [sys.executable, "-m", "tests.integration.refresh.worker", json.dumps(attrs.asdict(setup))]
    async with await anyio.open_process(command, stderr=sys.stderr) as process:
        assert process.stdout is not None
        try:
            worker = Worker(process, BufferedByteReceiveStream(process.stdout))
            assert await worker.hears() == "ready"
            yield worker
        finally:
            if process.returncode is None:
                process.kill()


async def is_held(sandbox: RunningSandbox, calls: int = 1) -> None:
    """Wait until the provider holds this many calls that it was told to hold."""
    with anyio.fail_after(PATIENCE):
        while (await sandbox.control.state())["holding"] < calls:
            pass
