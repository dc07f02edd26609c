"""Connector links, the tokens behind them and the revocations still owed, in memory.

A unit is alone with the tables while it lasts, so nothing has to be held.
"""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.adapters.memory.tables import Tables, insert
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, ProviderKey, RevocationId, UserId
from pip_hub.domain.provider_grant import ProviderGrant
from pip_hub.domain.revocation import Revocation


@attrs.frozen
class MemoryConnectorLinks:
    """Users' connections."""

    _tables: Tables

    async def put(self, link: ConnectorLink) -> ConnectorLink | None:
        replaced = await self.get(link.user_id, link.connector)
        self._tables.connector_links[link.user_id, link.connector] = link
        return replaced

    async def get(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        return self._tables.connector_links.get((user_id, connector))

    async def hold(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        return await self.get(user_id, connector)

    async def of_user(self, user_id: UserId) -> tuple[ConnectorLink, ...]:
        own = [link for link in self._tables.connector_links.values() if link.user_id == user_id]
        return tuple(sorted(own, key=lambda link: link.connector))

    async def sharing(self, provider: ProviderKey, subject: str) -> tuple[ConnectorLink, ...]:
        shared = [
            link
            for link in self._tables.connector_links.values()
            if link.provider == provider and link.account.subject == subject
        ]
        return tuple(sorted(shared, key=lambda link: (link.user_id, link.connector)))

    async def is_shared_by_others(self, user_id: UserId, provider: ProviderKey, subject: str) -> bool:
        return any(link.user_id != user_id for link in await self.sharing(provider, subject))

    async def used(
        self, user_id: UserId, connector: ConnectorKey, grant_id: ProviderGrantId, at: datetime
    ) -> ConnectorLink | None:
        link = await self.get(user_id, connector)
        if link is None or link.grant_id != grant_id:
            return None
        self._tables.connector_links[user_id, connector] = used = attrs.evolve(link, last_used_at=at)
        return used

    async def remove(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        return self._tables.connector_links.pop((user_id, connector), None)


@attrs.frozen
class MemoryProviderGrants:
    """Sealed provider tokens."""

    _tables: Tables

    async def put(self, grant: ProviderGrant) -> None:
        replaced = await self.get(grant.id)
        if replaced is not None:
            grant = attrs.evolve(grant, generation=replaced.generation + 1, lease_until=None)
        self._tables.provider_grants[grant.id] = grant

    async def get(self, grant_id: ProviderGrantId) -> ProviderGrant | None:
        return self._tables.provider_grants.get(grant_id)

    async def lease(
        self, grant_id: ProviderGrantId, generation: int, at: datetime, until: datetime
    ) -> ProviderGrant | None:
        grant = await self.get(grant_id)
        if grant is None or grant.generation != generation:
            return None
        if grant.lease_until is not None and grant.lease_until > at:
            return None
        self._tables.provider_grants[grant_id] = leased = attrs.evolve(grant, lease_until=until)
        return leased

    async def replace(self, leased: ProviderGrant, renewed: ProviderGrant) -> bool:
        stored = await self.get(leased.id)
        if stored is None or _lease_of(stored) != _lease_of(leased):
            return False
        self._tables.provider_grants[renewed.id] = renewed
        return True

    async def end_lease(self, leased: ProviderGrant, pause_until: datetime | None = None) -> None:
        stored = await self.get(leased.id)
        if stored is not None and _lease_of(stored) == _lease_of(leased):
            self._tables.provider_grants[leased.id] = attrs.evolve(stored, lease_until=pause_until)

    async def remove(self, grant_id: ProviderGrantId) -> ProviderGrant | None:
        return self._tables.provider_grants.pop(grant_id, None)

    async def idle(self, provider: ProviderKey, before: datetime, limit: int) -> tuple[ProviderGrant, ...]:
        idle = [
            grant
            for grant in self._tables.provider_grants.values()
            if grant.provider == provider and grant.refreshed_at < before
        ]
        return tuple(sorted(idle, key=lambda grant: (grant.refreshed_at, grant.id))[:limit])


def _lease_of(grant: ProviderGrant) -> tuple[int, datetime | None]:
    return grant.generation, grant.lease_until


@attrs.frozen
class MemoryRevocations:
    """Provider revocations still owed."""

    _tables: Tables

    async def add(self, revocation: Revocation) -> None:
        insert(self._tables.revocations, revocation.id, revocation)

    async def due(self, at: datetime) -> tuple[Revocation, ...]:
        waiting = [owed for owed in self._tables.revocations.values() if owed.next_try_at <= at]
        return tuple(sorted(waiting, key=lambda owed: (owed.next_try_at, owed.created_at, owed.id)))

    async def of_user(self, user_id: UserId) -> tuple[Revocation, ...]:
        own = [owed for owed in self._tables.revocations.values() if owed.user_id == user_id]
        return tuple(sorted(own, key=lambda owed: (owed.created_at, owed.id)))

    async def owed(self, provider: ProviderKey, subject: str) -> tuple[Revocation, ...]:
        about = [one for one in self._tables.revocations.values() if (one.provider, one.subject) == (provider, subject)]
        return tuple(sorted(about, key=lambda one: (one.created_at, one.id)))

    async def postpone(self, revocation: Revocation) -> None:
        stored = self._tables.revocations.get(revocation.id)
        if stored is not None:
            self._tables.revocations[revocation.id] = attrs.evolve(
                stored, tries=revocation.tries, next_try_at=revocation.next_try_at
            )

    async def settle(self, revocation_id: RevocationId) -> Revocation | None:
        return self._tables.revocations.pop(revocation_id, None)
