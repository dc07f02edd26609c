"""Bringing a database to the newest revision, from a checkout or an installed wheel."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

import pip_hub
from pip_hub.adapters.sql.engine import make_engine

_PACKAGE = Path(pip_hub.__file__).parent


def migrate(database_url: str, revision: str = "head") -> None:
    """Bring the database to `revision`, forwards or backwards; nothing happens when it is there already.

    All steps are one transaction. Runs its own event loop, so code inside one calls this in a thread.

    Raises:
        UnusableDatabaseUrl: see `make_engine`.
        sqlalchemy.exc.DBAPIError, OSError: the database cannot be reached or refuses.
    """
    config = _config()
    config.attributes["database_url"] = database_url
    if revision == "base":
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


def is_at_head(database_url: str) -> bool:
    """Whether the database has every migration of this version. Runs its own event loop, like `migrate`.

    Raises:
        The same as `migrate`.
    """
    return asyncio.run(_is_at_head(database_url))


async def engine_is_at_head(engine: AsyncEngine) -> bool:
    """The same question to an engine that is open already.

    Raises:
        sqlalchemy.exc.DBAPIError, OSError: the database cannot be reached.
    """
    async with engine.connect() as connection:
        current = await connection.run_sync(_current_heads)
    return current == expected_heads()


@cache
def expected_heads() -> frozenset[str]:
    """The newest revision that this version of pip-hub knows."""
    return frozenset(ScriptDirectory.from_config(_config()).get_heads())


async def _is_at_head(database_url: str) -> bool:
    engine = make_engine(database_url)
    try:
        return await engine_is_at_head(engine)
    finally:
        await engine.dispose()


def _current_heads(connection: Connection) -> frozenset[str]:
    return frozenset(MigrationContext.configure(connection).get_current_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
    return config


def _migrations() -> Path:
    """In a wheel they are packed beside the code, in a checkout they are a folder of the project."""
    packed = _PACKAGE / "_migrations"
    return packed if packed.is_dir() else _PACKAGE.parents[1] / "migrations"
