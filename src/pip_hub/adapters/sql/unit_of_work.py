"""One transaction on one connection."""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType
from typing import Self

import anyio
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pip_hub.adapters.sql.access_tokens import SqlAccessTokens
from pip_hub.adapters.sql.activity import SqlActivity
from pip_hub.adapters.sql.authorization_codes import SqlAuthorizationCodes
from pip_hub.adapters.sql.clients import SqlClients
from pip_hub.adapters.sql.connection import SqlConnection, translated, uninterrupted
from pip_hub.adapters.sql.connection_attempts import SqlConnectionAttempts
from pip_hub.adapters.sql.connector_links import SqlConnectorLinks
from pip_hub.adapters.sql.engine import PATIENCE, connections_of, make_engine
from pip_hub.adapters.sql.flows import SqlFlows
from pip_hub.adapters.sql.grants import SqlGrants
from pip_hub.adapters.sql.housekeeping import SqlHousekeeping
from pip_hub.adapters.sql.notices import SqlNotices
from pip_hub.adapters.sql.provider_grants import SqlProviderGrants
from pip_hub.adapters.sql.refresh_tokens import SqlRefreshTokens
from pip_hub.adapters.sql.resources import SqlResources
from pip_hub.adapters.sql.revocations import SqlRevocations
from pip_hub.adapters.sql.sealed_secrets import SqlSealedSecrets
from pip_hub.adapters.sql.sessions import SqlSessions
from pip_hub.adapters.sql.users import SqlUsers

_latest_unit: ContextVar[SqlUnitOfWork | None] = ContextVar("latest_sql_unit", default=None)


class SqlStorage:
    """A database; `unit_of_work` is the `OpenUnitOfWork` of the core. Dispose of it at the end.

    Raises:
        UnusableDatabaseUrl: at construction, see `make_engine`.
    """

    def __init__(self, database_url: str) -> None:
        self.engine: AsyncEngine = make_engine(database_url)
        # Units wait here for a connection, where waiting is fair and a cancelled one just leaves the queue.
        self.turns = anyio.Semaphore(connections_of(self.engine))

    def unit_of_work(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self)

    async def dispose(self) -> None:
        """Close all connections. A unit that is still open keeps its own until it ends."""
        with uninterrupted():
            await self.engine.dispose()


class SqlUnitOfWork:
    """Holds a connection while it is open; whatever was not committed is rolled back when it is given back.

    Raises:
        StorageUnavailable: on entry or from any member, when the database is unreachable or locked for long.
    """

    def __init__(self, storage: SqlStorage) -> None:
        self._storage = storage
        self._open: AsyncConnection | None = None

    @property
    def is_open(self) -> bool:
        return self._open is not None

    async def __aenter__(self) -> Self:
        latest = _latest_unit.get()
        if self.is_open or (latest is not None and latest.is_open):
            raise RuntimeError("units of work do not nest")
        with translated(), anyio.fail_after(2 * PATIENCE):
            await self._storage.turns.acquire()
        try:
            with translated(), uninterrupted():
                self._open = await self._storage.engine.connect()
        except BaseException:
            self._storage.turns.release()
            raise
        _latest_unit.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        connection, self._open = self._open, None
        _latest_unit.set(None)
        try:
            if connection is not None:
                # Interrupted here, the connection would be lost, and with aiosqlite its thread would stay behind.
                with uninterrupted():
                    await connection.close()
        finally:
            self._storage.turns.release()

    async def commit(self) -> None:
        await self._connection.commit()

    @property
    def _connection(self) -> SqlConnection:
        if self._open is None:
            raise RuntimeError("this unit of work is not open")
        return SqlConnection(self._open)

    @property
    def clients(self) -> SqlClients:
        return SqlClients(self._connection)

    @property
    def resources(self) -> SqlResources:
        return SqlResources(self._connection)

    @property
    def users(self) -> SqlUsers:
        return SqlUsers(self._connection)

    @property
    def sessions(self) -> SqlSessions:
        return SqlSessions(self._connection)

    @property
    def notices(self) -> SqlNotices:
        return SqlNotices(self._connection)

    @property
    def flows(self) -> SqlFlows:
        return SqlFlows(self._connection)

    @property
    def connection_attempts(self) -> SqlConnectionAttempts:
        return SqlConnectionAttempts(self._connection)

    @property
    def connector_links(self) -> SqlConnectorLinks:
        return SqlConnectorLinks(self._connection)

    @property
    def provider_grants(self) -> SqlProviderGrants:
        return SqlProviderGrants(self._connection)

    @property
    def revocations(self) -> SqlRevocations:
        return SqlRevocations(self._connection)

    @property
    def activity(self) -> SqlActivity:
        return SqlActivity(self._connection)

    @property
    def sealed_secrets(self) -> SqlSealedSecrets:
        return SqlSealedSecrets(self._connection)

    @property
    def grants(self) -> SqlGrants:
        return SqlGrants(self._connection)

    @property
    def authorization_codes(self) -> SqlAuthorizationCodes:
        return SqlAuthorizationCodes(self._connection)

    @property
    def access_tokens(self) -> SqlAccessTokens:
        return SqlAccessTokens(self._connection)

    @property
    def refresh_tokens(self) -> SqlRefreshTokens:
        return SqlRefreshTokens(self._connection)

    @property
    def housekeeping(self) -> SqlHousekeeping:
        return SqlHousekeeping(self._connection)
