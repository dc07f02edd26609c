"""`pip-hub serve`."""

from __future__ import annotations

import argparse

import anyio
import uvicorn

from pip_hub.entrypoints.commands.arguments import count, port
from pip_hub.entrypoints.commands.refusal import Refusal
from pip_hub.entrypoints.commands.set_up import read_settings, require_head
from pip_hub.entrypoints.container import compose
from pip_hub.entrypoints.logs import LOGGING
from pip_hub.entrypoints.settings import SettingsMistake


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`serve`."""
    serve = commands.add_parser("serve", help="run the hub, from settings")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on; default: %(default)s")
    serve.add_argument("--port", type=port, default=8400, help="default: %(default)s")
    serve.add_argument("--workers", type=count, default=1, help="processes; default: %(default)s")
    serve.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> None:
    settings = read_settings()
    anyio.run(_check)
    uvicorn.run(
        "pip_hub.entrypoints.asgi:app_from_environ",
        factory=True,
        host=arguments.host,
        port=arguments.port,
        workers=arguments.workers,
        log_config=LOGGING,
        access_log=False,  # it would log the query, where providers put codes and states
        server_header=False,
        timeout_graceful_shutdown=15,  # seconds; a request that never ends must not keep the process
        proxy_headers=settings.trusted_proxies is not None,
        forwarded_allow_ips=settings.trusted_proxies,
    )


async def _check() -> None:
    """Everything that would stop a worker is told here, once, before any worker starts."""
    hub = compose(read_settings())
    try:
        hub.vault()
        hub.catalogue()
        await require_head(hub)
    except SettingsMistake as problem:
        raise Refusal(*problem.mistakes) from None
    finally:
        await hub.storage().dispose()
