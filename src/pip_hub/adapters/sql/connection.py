"""The one way in which the collections talk to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import attrs
from anyio.lowlevel import checkpoint_if_cancelled
from sqlalchemy import CursorResult, Executable, RowMapping, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from pip_hub.domain.errors import StorageUnavailable

# PostgreSQL's classes of failures that may pass (manual, appendix A): connection, transaction rollback (deadlock),
# resources, lock not available, operator intervention.
_PASSING = frozenset({"08", "40", "53", "55", "57"})


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Cancellation waits until the block is done."""
    with anyio.CancelScope(shield=True):
        yield


@contextmanager
def translated() -> Iterator[None]:
    """What may work later becomes `StorageUnavailable`; everything else is a bug and stays what it is.

    The reason names the kind of failure only: a driver's text may repeat the statement with its values.
    """
    try:
        yield
    except DBAPIError as problem:
        if not _may_pass(problem):
            raise
        raise StorageUnavailable(reason=type(problem.orig).__name__) from problem
    except (OSError, TimeoutError) as problem:
        raise StorageUnavailable(reason=type(problem).__name__) from problem


def _may_pass(problem: DBAPIError) -> bool:
    if isinstance(problem, (OperationalError, InterfaceError)) or problem.connection_invalidated:
        return True
    return str(getattr(problem.orig, "sqlstate", None) or "")[:2] in _PASSING


@attrs.frozen
class SqlConnection:
    """One transaction, begun by its first statement.

    A cancelled task starts no further statement, but lets the one under way finish: it is short, and interrupting it
    would cost the connection. Waiting for a lock is bounded by `engine.PATIENCE`.
    """

    _connection: AsyncConnection

    @property
    def is_postgresql(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    async def run(self, statement: Executable) -> CursorResult[Any]:
        await checkpoint_if_cancelled()
        with translated(), uninterrupted():
            return await self._connection.execute(statement)

    async def one(self, statement: Executable) -> RowMapping | None:
        """The only row of the answer, or None.

        Raises:
            MultipleResultsFound: there are more.
        """
        return (await self.run(statement)).mappings().one_or_none()

    async def many(self, statement: Executable) -> list[RowMapping]:
        return list((await self.run(statement)).mappings())

    async def count(self, statement: Executable) -> int:
        """How many rows the statement changed."""
        return (await self.run(statement)).rowcount

    async def commit(self) -> None:
        await checkpoint_if_cancelled()
        with translated(), uninterrupted():
            await self._connection.commit()

    def insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """An INSERT that knows ON CONFLICT, which SQLAlchemy has per database only."""
        return postgresql.insert(table) if self.is_postgresql else sqlite.insert(table)
