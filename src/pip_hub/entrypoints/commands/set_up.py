"""What the commands share: settings read, a hub composed, its database checked."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pip_hub.adapters.sql.migration import engine_is_at_head
from pip_hub.entrypoints.commands.refusal import Refusal
from pip_hub.entrypoints.container import Hub, compose
from pip_hub.entrypoints.settings import Settings, SettingsMistake


def read_settings() -> Settings:
    """The settings of this process.

    Raises:
        Refusal: one line for each mistake.
    """
    try:
        return Settings.from_environ(os.environ)
    except SettingsMistake as problem:
        raise Refusal(*problem.mistakes) from None


@asynccontextmanager
async def open_migrated() -> AsyncIterator[Hub]:
    """A composed hub on a database at head, closed at the end.

    Raises:
        Refusal: the database is not migrated.
    """
    hub = compose(read_settings())
    try:
        await require_head(hub)
        yield hub
    finally:
        await hub.storage().dispose()


async def require_head(hub: Hub) -> None:
    """Check that the database is at head.

    Raises:
        Refusal: it is not.
    """
    if not await engine_is_at_head(hub.storage().engine):
        raise Refusal("the database is not at head: run `pip-hub migrate`")
