"""Running several web applications in one process, each on its own port of localhost (the demo)."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Generator, Sequence

import anyio
import attrs
import uvicorn
from starlette.types import ASGIApp


class PortTaken(Exception):
    """Something else listens on the port already."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use; stop what runs there, or choose another with --port")


@attrs.frozen(kw_only=True)
class Site:
    """One application on one port of localhost."""

    app: ASGIApp
    port: int


class _Server(uvicorn.Server):
    """Leaves the signals to whoever runs several servers, and says when it listens."""

    def __init__(self, config: uvicorn.Config, listens: anyio.Event) -> None:
        super().__init__(config)
        self._listens = listens

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listens.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def serve_together(sites: Sequence[Site], when_ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM, then let running requests finish. `when_ready` is called once all listen.

    Raises:
        PortTaken: before anything is served.
    """
    with contextlib.ExitStack() as stack:
        listening = [(site, [stack.enter_context(listener) for listener in listen(site.port)]) for site in sites]
        all_listen = [anyio.Event() for _ in sites]
        servers = [
            (_Server(_configure(site.app), listens), sockets)
            for (site, sockets), listens in zip(listening, all_listen, strict=True)
        ]
        loop = asyncio.get_running_loop()

        def stop() -> None:
            for server, _ in servers:
                server.should_exit = True

        async def say_ready() -> None:
            for listens in all_listen:
                await listens.wait()
            when_ready()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        async with anyio.create_task_group() as group:
            for server, sockets in servers:
                group.start_soon(server.serve, sockets)
            group.start_soon(say_ready)


def listen(port: int) -> list[socket.socket]:
    """Sockets for `localhost` in both address families: a browser may try either first."""
    sockets = []
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            # asyncio turns Nagle's algorithm off only for sockets that say they are TCP; with it, answers on a kept
            # connection come some 40 ms late.
            listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((address, port))
            listener.listen()
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                raise PortTaken(port) from None
            if family == socket.AF_INET:
                raise
            continue  # the machine has no IPv6
        sockets.append(listener)
    return sockets


def _configure(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=5, server_header=False, lifespan="on"
    )
