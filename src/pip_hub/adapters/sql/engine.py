"""From a database URL to an engine that keeps the promises of the unit of work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

PATIENCE = 15
"""Seconds that a unit waits for a lock another unit holds, before it fails. `?timeout=` in an SQLite URL changes it."""

POSTGRESQL_CONNECTIONS = 10
"""Connections to PostgreSQL that one process holds at most."""


_FORMS = "sqlite+aiosqlite:///pip-hub.db or postgresql+asyncpg://user:password@host/database"


class UnusableDatabaseUrl(ValueError):
    """The database URL cannot be used; the message says what to do, and never shows the URL with its password."""


def make_engine(database_url: str) -> AsyncEngine:
    """An engine for SQLite (through aiosqlite) or PostgreSQL (through asyncpg). Nothing is opened yet.

    Its errors do not show the values of a statement, since they end up in logs.

    Raises:
        UnusableDatabaseUrl: another database or driver; an SQLite file in a folder that is not there; or an SQLite
            database in memory, which would be a different one for each process and be lost at the end.
    """
    try:
        url = make_url(database_url)
        if url.drivername == "sqlite+aiosqlite":
            _check_file(url)
            return _sqlite_engine(url)
        if url.drivername == "postgresql+asyncpg":
            return _postgresql_engine(url)
    except ModuleNotFoundError:
        raise UnusableDatabaseUrl("PostgreSQL needs its driver: pip install 'pip-hub[postgres]'") from None
    except UnusableDatabaseUrl:
        raise
    except (ArgumentError, ValueError):
        raise UnusableDatabaseUrl(f"this is not a database URL; write {_FORMS}") from None
    raise UnusableDatabaseUrl(f"{url.drivername} is not supported; write {_FORMS}")


def connections_of(engine: AsyncEngine) -> int:
    """How many units one process may have open on this engine at once."""
    return POSTGRESQL_CONNECTIONS if engine.dialect.name == "postgresql" else 1


def _check_file(url: URL) -> None:
    if not url.database or ":memory:" in url.database or url.query.get("mode") == "memory":
        raise UnusableDatabaseUrl("an SQLite database in memory keeps nothing; name a file")
    folder = Path(url.database).parent
    if not folder.is_dir():
        raise UnusableDatabaseUrl(f"there is no folder {folder} for the database; create it")


def _sqlite_engine(url: URL) -> AsyncEngine:
    # Every unit writes, or may write, so there is never more than one at a time: more connections would only wait for
    # each other inside SQLite, which polls and is not fair, while a queue in front of one connection is both.
    engine = create_async_engine(
        url.update_query_dict({"timeout": str(PATIENCE)} if "timeout" not in url.query else {}),
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes too late, after the first read; `_begin_immediate` takes its place.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    # In WAL mode, NORMAL may lose the last commits when the power fails: a spent refresh token would be live again,
    # and a provider's rotated one lost.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # A deferred transaction that reads before it writes fails at once with "database is locked" when another has
    # written in between; taking the write lock first makes it wait its turn.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql_engine(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=POSTGRESQL_CONNECTIONS,
        max_overflow=0,
        hide_parameters=True,
        pool_pre_ping=True,  # a restart of the server costs no request
        connect_args={
            "timeout": PATIENCE,
            "command_timeout": 4 * PATIENCE,
            "server_settings": {
                "application_name": "pip-hub",
                "lock_timeout": f"{PATIENCE}s",
                # A process that has lost its network must not hold its locks until TCP notices.
                "idle_in_transaction_session_timeout": f"{4 * PATIENCE}s",
            },
        },
    )
