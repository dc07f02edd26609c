"""How Alembic reaches the database: through the engine that the hub itself uses."""

from __future__ import annotations

import asyncio
import os
from typing import Literal

from alembic import context
from sqlalchemy import Connection, func, select

from pip_hub.adapters.sql.engine import make_engine
from pip_hub.adapters.sql.tables import metadata
from pip_hub.adapters.sql.types import StoredAsText, UtcDateTime

TURN = 0x9149_48
"""Any number that nobody else locks: two processes that migrate one PostgreSQL database take turns by it."""


def database_url() -> str:
    """From whoever calls Alembic in code, or for `alembic` on the command line from the environment."""
    url = context.config.attributes.get("database_url") or os.environ.get("PIP_HUB_DATABASE_URL")
    if not url:
        raise SystemExit("set PIP_HUB_DATABASE_URL to the database to migrate")
    return str(url)


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Let a new revision name plain column types: it must go on meaning the same when our own types change."""
    if kind == "type" and isinstance(item, StoredAsText):
        return 'sa.Text().with_variant(sa.Text(collation="C"), "postgresql")'
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def migrate(connection: Connection) -> None:
    """Run what Alembic was asked for, all of it in one transaction or nothing."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        render_as_batch=True,  # SQLite changes a column by copying its table
        transactional_ddl=True,  # true of SQLite too, since our engine begins the transaction itself
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(TURN)))
        context.run_migrations()


async def connect_and_migrate() -> None:
    """Open a connection for this one run."""
    engine = make_engine(database_url())
    try:
        async with engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("migrations need the database itself; --sql is not supported")
asyncio.run(connect_and_migrate())
