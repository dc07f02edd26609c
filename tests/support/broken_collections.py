"""In-memory storages whose collections break a law, to prove that the contract notices."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.adapters.memory.clients import MemoryResources
from pip_hub.adapters.memory.connections import MemoryConnectorLinks, MemoryProviderGrants, MemoryRevocations
from pip_hub.adapters.memory.flows import MemoryFlows
from pip_hub.adapters.memory.grants import (
    MemoryAccessTokens,
    MemoryGrants,
)
from pip_hub.adapters.memory.housekeeping import MemoryHousekeeping
from pip_hub.adapters.memory.people import MemoryNotices, MemorySessions, MemoryUsers
from pip_hub.adapters.memory.unit_of_work import MemoryUnitOfWork
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.grant import Grant
from pip_hub.domain.identifiers import (
    ConnectorKey,
    FlowId,
    GrantId,
    ProviderGrantId,
    RevocationId,
    UserId,
)
from pip_hub.domain.mcp_flow import McpFlow
from pip_hub.domain.notice import Notice
from pip_hub.domain.provider_grant import ProviderGrant
from pip_hub.domain.resource import Resource
from pip_hub.domain.revocation import Revocation
from pip_hub.domain.secret import Digest
from pip_hub.domain.session import Session
from pip_hub.domain.user import User

# -- Adding and removing ----------------------------------------------------------------------------------------------


class _Reregisters(MemoryUsers):
    async def add(self, user: User) -> bool:
        self._tables.users[user.id] = user
        return True


class _Replaces(MemoryResources):
    async def add(self, resource: Resource) -> bool:
        self._tables.resources[resource.uri] = resource
        return True

    async def remove(self, uri: str) -> Resource | None:
        return await self.by_uri(uri)


class _KeepsLinks(MemoryConnectorLinks):
    async def put(self, link: ConnectorLink) -> ConnectorLink | None:
        await super().put(link)
        return None

    async def remove(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        return await self.get(user_id, connector)


class _KeepsGrants(MemoryProviderGrants):
    async def remove(self, grant_id: ProviderGrantId) -> ProviderGrant | None:
        return await self.get(grant_id)


class _KeepsRevocations(MemoryRevocations):
    async def settle(self, revocation_id: RevocationId) -> Revocation | None:
        return self._tables.revocations.get(revocation_id)


class _ShowsAgain(MemoryNotices):
    async def take(self, session: Digest) -> tuple[Notice, ...]:
        return self._tables.notices.get(session, ())


class KeepsWhatIsRemoved(MemoryUnitOfWork):
    """Answers everybody who adds or removes."""

    @property
    def users(self) -> MemoryUsers:
        return _Reregisters(self._tables)

    @property
    def resources(self) -> MemoryResources:
        return _Replaces(self._tables)

    @property
    def connector_links(self) -> MemoryConnectorLinks:
        return _KeepsLinks(self._tables)

    @property
    def provider_grants(self) -> MemoryProviderGrants:
        return _KeepsGrants(self._tables)

    @property
    def revocations(self) -> MemoryRevocations:
        return _KeepsRevocations(self._tables)

    @property
    def notices(self) -> MemoryNotices:
        return _ShowsAgain(self._tables)


class _Revives(MemorySessions):
    async def extend(self, session: Session) -> None:
        self._tables.sessions[session.digest] = session

    async def end(self, digest: Digest) -> None:
        self._tables.sessions.pop(digest, None)


class _PostponesTheSettled(MemoryRevocations):
    async def postpone(self, revocation: Revocation) -> None:
        self._tables.revocations[revocation.id] = revocation


class Revives(MemoryUnitOfWork):
    """Lets what has ended come back."""

    @property
    def sessions(self) -> MemorySessions:
        return _Revives(self._tables)

    @property
    def revocations(self) -> MemoryRevocations:
        return _PostponesTheSettled(self._tables)


# -- Revocation, housekeeping, values ----------------------------------------------------------------------


class _LeavesTokensAlive(MemoryGrants):
    async def revoke(self, grant_id: GrantId, at: datetime) -> None:
        grant = await self.get(grant_id)
        if grant is not None:
            self._tables.grants[grant_id] = attrs.evolve(grant, revoked_at=at)


class _RevokesAgain(MemoryAccessTokens):
    async def revoke(self, digest: Digest, at: datetime) -> None:
        token = await self.get(digest)
        if token is not None:
            self._tables.access_tokens[digest] = attrs.evolve(token, revoked_at=at)


class RevokesCarelessly(MemoryUnitOfWork):
    """Leaves tokens alive, and overwrites when something ended."""

    @property
    def grants(self) -> MemoryGrants:
        return _LeavesTokensAlive(self._tables)

    @property
    def access_tokens(self) -> MemoryAccessTokens:
        return _RevokesAgain(self._tables)


class _PurgesTooMuch(MemoryHousekeeping):
    async def purge(self, before: datetime) -> int:
        removed = await super().purge(before + datetime.resolution)
        self._tables.grants.clear()
        self._tables.revocations.clear()
        self._tables.activity.clear()
        return removed


class PurgesTooMuch(MemoryUnitOfWork):
    @property
    def housekeeping(self) -> MemoryHousekeeping:
        return _PurgesTooMuch(self._tables)


class _PurgesTooLittle(MemoryHousekeeping):
    async def purge(self, before: datetime) -> int:
        over = {digest: code for digest, code in self._tables.authorization_codes.items() if code.expires_at < before}
        for digest in over:
            del self._tables.authorization_codes[digest]
        return len(over)


class PurgesTooLittle(MemoryUnitOfWork):
    @property
    def housekeeping(self) -> MemoryHousekeeping:
        return _PurgesTooLittle(self._tables)


class _LosesDetail(MemoryGrants):
    async def get(self, grant_id: GrantId) -> Grant | None:
        grant = await super().get(grant_id)
        return grant and attrs.evolve(grant, created_at=grant.created_at.replace(microsecond=0))


class _LosesTheZone(MemoryFlows):
    async def get(self, flow_id: FlowId) -> McpFlow | None:
        flow = await super().get(flow_id)
        return flow and attrs.evolve(flow, created_at=flow.created_at.replace(tzinfo=None))


class BlursTimes(MemoryUnitOfWork):
    """Answers times without microseconds or without a zone."""

    @property
    def grants(self) -> MemoryGrants:
        return _LosesDetail(self._tables)

    @property
    def flows(self) -> MemoryFlows:
        return _LosesTheZone(self._tables)
