"""Real servers on free ports of this machine, for tests that talk over real sockets."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import uvicorn
from starlette.types import ASGIApp


def listener(port: int = 0) -> socket.socket:
    """A socket that listens on loopback, on a free port by default: whoever connects is answered once it is served."""
    # The protocol is spelled out because asyncio turns Nagle's algorithm off only then: 40 ms a request otherwise.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    bound.listen()
    return bound


def url_of(bound: socket.socket) -> str:
    """Where to reach it, by the name a browser would use, without a slash at the end."""
    return f"http://localhost:{bound.getsockname()[1]}"


class _Server(uvicorn.Server):
    """uvicorn without its naps: it is told when to leave, and with no request in flight it leaves at once."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.leave = anyio.Event()

    async def main_loop(self) -> None:
        await self.leave.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        for bound in sockets or []:
            bound.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self.lifespan.shutdown()


@asynccontextmanager
async def serving(app: ASGIApp, bound: socket.socket) -> AsyncIterator[None]:
    """Serve the app while the block runs, its lifespan included; on leaving, wait until it is really gone."""
    server = _Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=3))
    gone = anyio.Event()

    async def serve() -> None:
        try:
            await server.serve(sockets=[bound])
        finally:
            gone.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(serve)
        try:
            yield
        finally:
            server.leave.set()
            with anyio.CancelScope(shield=True):
                await gone.wait()
