"""Storage in memory, with real isolation and a real rollback."""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType
from typing import Self

import anyio

from pip_hub.adapters.memory.activity import MemoryActivity
from pip_hub.adapters.memory.clients import MemoryClients, MemoryResources
from pip_hub.adapters.memory.connections import MemoryConnectorLinks, MemoryProviderGrants, MemoryRevocations
from pip_hub.adapters.memory.flows import MemoryConnectionAttempts, MemoryFlows
from pip_hub.adapters.memory.grants import (
    MemoryAccessTokens,
    MemoryAuthorizationCodes,
    MemoryGrants,
    MemoryRefreshTokens,
)
from pip_hub.adapters.memory.housekeeping import MemoryHousekeeping
from pip_hub.adapters.memory.people import MemoryNotices, MemorySessions, MemoryUsers
from pip_hub.adapters.memory.sealed_secrets import MemorySealedSecrets
from pip_hub.adapters.memory.tables import Tables

_latest_unit: ContextVar[MemoryUnitOfWork | None] = ContextVar("latest_memory_unit", default=None)


def unit_is_open() -> bool:
    """Whether this task, or the one that started it, is inside a unit of work."""
    unit = _latest_unit.get()
    return unit is not None and unit.is_open


def refuse_inside_unit(what: str) -> None:
    """Fail whoever calls out of an open unit.

    Raises:
        RuntimeError: a unit of work is open in this task.
    """
    if unit_is_open():
        raise RuntimeError(f"{what} was called inside a unit of work")


class MemoryStorage:
    """What all units share; `unit_of_work` is the `OpenUnitOfWork` of the core."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.lock = anyio.Lock()

    def unit_of_work(self) -> MemoryUnitOfWork:
        return MemoryUnitOfWork(self)


class MemoryUnitOfWork:
    """Copies the tables on entry and swaps them in on commit; the lock in between keeps all other units waiting."""

    def __init__(self, storage: MemoryStorage) -> None:
        self._storage = storage
        self._copy: Tables | None = None

    @property
    def is_open(self) -> bool:
        return self._copy is not None

    async def __aenter__(self) -> Self:
        if unit_is_open() or self.is_open:
            raise RuntimeError("units of work do not nest")
        await self._storage.lock.acquire()
        self._copy = self._storage.tables.copied()
        _latest_unit.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Nothing is awaited here, so there is nothing that a cancellation could interrupt.
        self._copy = None
        _latest_unit.set(None)
        self._storage.lock.release()

    async def commit(self) -> None:
        self._storage.tables = self._tables
        self._copy = self._tables.copied()

    @property
    def _tables(self) -> Tables:
        if self._copy is None:
            raise RuntimeError("this unit of work is not open")
        return self._copy

    @property
    def clients(self) -> MemoryClients:
        return MemoryClients(self._tables)

    @property
    def resources(self) -> MemoryResources:
        return MemoryResources(self._tables)

    @property
    def users(self) -> MemoryUsers:
        return MemoryUsers(self._tables)

    @property
    def sessions(self) -> MemorySessions:
        return MemorySessions(self._tables)

    @property
    def notices(self) -> MemoryNotices:
        return MemoryNotices(self._tables)

    @property
    def flows(self) -> MemoryFlows:
        return MemoryFlows(self._tables)

    @property
    def connection_attempts(self) -> MemoryConnectionAttempts:
        return MemoryConnectionAttempts(self._tables)

    @property
    def connector_links(self) -> MemoryConnectorLinks:
        return MemoryConnectorLinks(self._tables)

    @property
    def provider_grants(self) -> MemoryProviderGrants:
        return MemoryProviderGrants(self._tables)

    @property
    def revocations(self) -> MemoryRevocations:
        return MemoryRevocations(self._tables)

    @property
    def activity(self) -> MemoryActivity:
        return MemoryActivity(self._tables)

    @property
    def sealed_secrets(self) -> MemorySealedSecrets:
        return MemorySealedSecrets(self._tables)

    @property
    def grants(self) -> MemoryGrants:
        return MemoryGrants(self._tables)

    @property
    def authorization_codes(self) -> MemoryAuthorizationCodes:
        return MemoryAuthorizationCodes(self._tables)

    @property
    def access_tokens(self) -> MemoryAccessTokens:
        return MemoryAccessTokens(self._tables)

    @property
    def refresh_tokens(self) -> MemoryRefreshTokens:
        return MemoryRefreshTokens(self._tables)

    @property
    def housekeeping(self) -> MemoryHousekeeping:
        return MemoryHousekeeping(self._tables)
