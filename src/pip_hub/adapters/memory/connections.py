"""Connector links, the tokens behind them and the revocations still owed, in memory."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.adapters.memory.tables import Tables, insert
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, ProviderKey, UserId
from pip_hub.domain.provider_grant import ProviderGrant, Revocation


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

    async def of_user(self, user_id: UserId) -> tuple[ConnectorLink, ...]:
        own = [link for link in self._tables.connector_links.values() if link.user_id == user_id]
        return tuple(sorted(own, key=lambda link: link.connector))

    async def remove(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        return self._tables.connector_links.pop((user_id, connector), None)


@attrs.frozen
class MemoryProviderGrants:
    """Sealed provider tokens."""

    _tables: Tables

    async def add(self, grant: ProviderGrant) -> None:
        insert(self._tables.provider_grants, grant.id, grant)

    async def get(self, grant_id: ProviderGrantId) -> ProviderGrant | None:
        return self._tables.provider_grants.get(grant_id)

    async def sharing(self, provider: ProviderKey, subject: str) -> tuple[ProviderGrant, ...]:
        shared = [
            grant
            for grant in self._tables.provider_grants.values()
            if grant.provider == provider and grant.subject == subject
        ]
        return tuple(sorted(shared, key=lambda grant: grant.id))

    async def remove(self, grant_id: ProviderGrantId) -> ProviderGrant | None:
        return self._tables.provider_grants.pop(grant_id, None)


@attrs.frozen
class MemoryRevocations:
    """Provider revocations still owed."""

    _tables: Tables

    async def add(self, revocation: Revocation) -> None:
        insert(self._tables.revocations, revocation.grant_id, revocation)

    async def due(self, at: datetime) -> tuple[Revocation, ...]:
        waiting = [owed for owed in self._tables.revocations.values() if owed.next_try_at <= at]
        return tuple(sorted(waiting, key=lambda owed: (owed.next_try_at, owed.created_at, owed.grant_id)))

    async def postpone(self, revocation: Revocation) -> None:
        stored = self._tables.revocations.get(revocation.grant_id)
        if stored is not None:
            self._tables.revocations[revocation.grant_id] = attrs.evolve(
                stored, tries=revocation.tries, next_try_at=revocation.next_try_at
            )

    async def settle(self, grant_id: ProviderGrantId) -> None:
        self._tables.revocations.pop(grant_id, None)
