"""Bringing a database to the newest revision, from a checkout or an installed wheel."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

import pip_hub
from pip_hub.adapters.sql.connection import uninterrupted
from pip_hub.adapters.sql.engine import make_engine

_PACKAGE = Path(pip_hub.__file__).parent


def migrate(database_url: str) -> None:
    """Bring the database to head, in one transaction; nothing happens when it is there already.

    Runs its own event loop, so code inside one calls this in a thread.

    Raises:
        UnusableDatabaseUrl: see `make_engine`.
        sqlalchemy.exc.DBAPIError, OSError: the database cannot be reached or refuses.
    """
    _keep_private(database_url)
    command.upgrade(alembic_config(database_url), "head")


def _keep_private(database_url: str) -> None:
    """A new SQLite file is its owner's only: it has people's addresses and password hashes. A shared one stays so."""
    url = make_engine(database_url).url
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        os.close(os.open(url.database, os.O_WRONLY | os.O_CREAT, 0o600))


async def engine_is_at_head(engine: AsyncEngine) -> bool:
    """Whether the database has every migration of this version.

    Raises:
        sqlalchemy.exc.SQLAlchemyError, OSError: the database cannot be reached.
    """
    with uninterrupted():
        async with engine.connect() as connection:
            current = await connection.run_sync(_current_heads)
    return current == _expected_heads()


def alembic_config(database_url: str) -> Config:
    """What Alembic's own commands need to work on this database."""
    config = Config()
    config.set_main_option("script_location", str(_migrations()).replace("%", "%%"))
    config.attributes["database_url"] = database_url  # not an option: those are interpolated and may be printed
    return config


def _current_heads(connection: Connection) -> frozenset[str]:
    return frozenset(MigrationContext.configure(connection).get_current_heads())


@cache
def _expected_heads() -> frozenset[str]:
    return frozenset(ScriptDirectory(str(_migrations())).get_heads())


def _migrations() -> Path:
    """In a wheel they are packed beside the code, in a checkout they are a folder of the project."""
    packed = _PACKAGE / "_migrations"
    return packed if packed.is_dir() else _PACKAGE.parents[1] / "migrations"
