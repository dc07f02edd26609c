"""The hub as an ASGI application."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from starlette.applications import Starlette

from pip_hub.adapters.web.routes import create_app
from pip_hub.entrypoints.container import Hub, compose
from pip_hub.entrypoints.housekeeping import keep_house
from pip_hub.entrypoints.settings import Settings


def app_from_environ() -> Starlette:
    """The application of `pip-hub serve`, from this process's settings: uvicorn's factory."""
    return app_of(compose(Settings.from_environ(os.environ)))


def app_of(hub: Hub) -> Starlette:
    """The application of a composed hub, which it opens when it starts and closes when it stops."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as group:
            uses = hub.use_cases
            group.start_soon(keep_house, uses.retry_revocations(), uses.keep_grants_alive(), uses.purge_expired())
            try:
                yield
            finally:
                group.cancel_scope.cancel()
        await hub.gateway().aclose()
        await hub.storage().dispose()

    return create_app(hub.web.endpoints(), hub.web.pages(), lifespan)
