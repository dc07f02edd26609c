"""In-memory storages that are careless with provider tokens, to prove that the contract notices."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.adapters.memory.connections import MemoryProviderGrants
from pip_hub.adapters.memory.sealed_secrets import MemorySealedSecrets
from pip_hub.adapters.memory.unit_of_work import MemoryUnitOfWork
from pip_hub.application.ports.sealed_secrets import SealedIn, SealedRow
from pip_hub.domain.identifiers import ProviderGrantId, ProviderKey
from pip_hub.domain.provider_grant import ProviderGrant
from pip_hub.domain.secret import Sealed


class _LeasesToAll(MemoryProviderGrants):
    async def lease(
        self, grant_id: ProviderGrantId, generation: int, at: datetime, until: datetime
    ) -> ProviderGrant | None:
        grant = await self.get(grant_id)
        if grant is None:
            return None
        self._tables.provider_grants[grant_id] = leased = attrs.evolve(grant, lease_until=until)
        return leased

    async def end_lease(self, leased: ProviderGrant, pause_until: datetime | None = None) -> None:
        self._tables.provider_grants[leased.id] = attrs.evolve(leased, lease_until=None)

    async def idle(self, provider: ProviderKey, before: datetime, limit: int) -> tuple[ProviderGrant, ...]:
        return tuple(self._tables.provider_grants.values())[:limit]


class LeasesToAll(MemoryUnitOfWork):
    """Answers everybody who leases, and lets everybody end everybody's lease."""

    @property
    def provider_grants(self) -> MemoryProviderGrants:
        return _LeasesToAll(self._tables)


class _LeasesForEver(MemoryProviderGrants):
    async def lease(
        self, grant_id: ProviderGrantId, generation: int, at: datetime, until: datetime
    ) -> ProviderGrant | None:
        grant = await self.get(grant_id)
        return None if grant is None or grant.lease_until else await super().lease(grant_id, generation, at, until)

    async def end_lease(self, leased: ProviderGrant, pause_until: datetime | None = None) -> None:
        """Nothing."""


class LeasesForEver(MemoryUnitOfWork):
    """Lets nobody renew what a dead worker has leased."""

    @property
    def provider_grants(self) -> MemoryProviderGrants:
        return _LeasesForEver(self._tables)


class _LastAnswerWins(MemoryProviderGrants):
    async def put(self, grant: ProviderGrant) -> None:
        self._tables.provider_grants[grant.id] = grant

    async def replace(self, leased: ProviderGrant, renewed: ProviderGrant) -> bool:
        self._tables.provider_grants[renewed.id] = renewed
        return True


class LastAnswerWins(MemoryUnitOfWork):
    """Keeps whatever tokens come last, without looking at the generation."""

    @property
    def provider_grants(self) -> MemoryProviderGrants:
        return _LastAnswerWins(self._tables)


class _TrustsTheGeneration(MemoryProviderGrants):
    async def replace(self, leased: ProviderGrant, renewed: ProviderGrant) -> bool:
        stored = await self.get(renewed.id)
        if stored is None or stored.generation != renewed.generation - 1:
            return False
        self._tables.provider_grants[renewed.id] = renewed
        return True


class TrustsTheGeneration(MemoryUnitOfWork):
    """Forgets that tokens connected anew begin to count again."""

    @property
    def provider_grants(self) -> MemoryProviderGrants:
        return _TrustsTheGeneration(self._tables)


class _SealsCarelessly(MemorySealedSecrets):
    async def without_mark(self, place: SealedIn, mark: str, *, after: str, limit: int) -> tuple[SealedRow, ...]:
        """As LIKE with unescaped wildcards would, in SQLite."""
        begin = mark.lower().replace("_", "x").replace("%", "")
        rows = [row for row in self._rows(place) if not row.sealed.value.lower().replace("%", "").startswith(begin)]
        return tuple(rows[:limit])

    async def replace(self, row: SealedRow, sealed: Sealed) -> bool:
        """Whatever is there by now."""
        stored = next((other for other in self._rows(row.place) if other.key == row.key), None)
        return stored is not None and await super().replace(stored, sealed)


class SealsCarelessly(MemoryUnitOfWork):
    """Takes a mark for a pattern, knows no pages, and overwrites what has changed."""

    @property
    def sealed_secrets(self) -> MemorySealedSecrets:
        return _SealsCarelessly(self._tables)
