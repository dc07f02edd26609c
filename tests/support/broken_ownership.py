"""In-memory storages that mix users or their events up, to prove that the contract notices."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.adapters.memory.activity import MemoryActivity
from pip_hub.adapters.memory.connections import MemoryConnectorLinks, MemoryRevocations
from pip_hub.adapters.memory.unit_of_work import MemoryUnitOfWork
from pip_hub.domain.activity import ActivityEntry
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, ProviderKey, UserId
from pip_hub.domain.revocation import Revocation


class _SeesAllLinks(MemoryConnectorLinks):
    async def of_user(self, user_id: UserId) -> tuple[ConnectorLink, ...]:
        return tuple(self._tables.connector_links.values())

    async def sharing(self, provider: ProviderKey, subject: str) -> tuple[ConnectorLink, ...]:
        """Of one user only: the worst mistake here."""
        shared = await super().sharing(provider, subject)
        return tuple(link for link in shared if link.user_id == shared[0].user_id)

    async def is_shared_by_others(self, user_id: UserId, provider: ProviderKey, subject: str) -> bool:
        return len(await super().sharing(provider, subject)) > 1

    async def used(
        self, user_id: UserId, connector: ConnectorKey, grant_id: ProviderGrantId, at: datetime
    ) -> ConnectorLink | None:
        """Whatever it hangs on, and for everybody."""
        for key, link in self._tables.connector_links.items():
            self._tables.connector_links[key] = attrs.evolve(link, last_used_at=at)
        return await self.get(user_id, connector)


class _SeesAllRevocations(MemoryRevocations):
    async def of_user(self, user_id: UserId) -> tuple[Revocation, ...]:
        return tuple(self._tables.revocations.values())


class _SharesItsLines(MemoryActivity):
    async def of_user(self, user_id: UserId, limit: int) -> tuple[ActivityEntry, ...]:
        return tuple(self._tables.activity.values())[:limit]


class MixesUsersUp(MemoryUnitOfWork):
    @property
    def connector_links(self) -> MemoryConnectorLinks:
        return _SeesAllLinks(self._tables)

    @property
    def revocations(self) -> MemoryRevocations:
        return _SeesAllRevocations(self._tables)

    @property
    def activity(self) -> MemoryActivity:
        return _SharesItsLines(self._tables)


class _LogsEveryCall(MemoryActivity):
    async def add(self, entry: ActivityEntry) -> None:
        self._tables.activity[entry.user_id, f"{entry.group} {len(self._tables.activity)}"] = entry


class LogsEveryCall(MemoryUnitOfWork):
    """Has a line for each event, whatever its group."""

    @property
    def activity(self) -> MemoryActivity:
        return _LogsEveryCall(self._tables)
