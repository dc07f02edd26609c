"""MCP clients and MCP servers, in memory."""

from __future__ import annotations

import attrs

from pip_hub.adapters.memory.tables import Tables, insert
from pip_hub.domain.client import Client
from pip_hub.domain.identifiers import ClientId, ResourceId
from pip_hub.domain.resource import Resource


@attrs.frozen
class MemoryClients:
    """Registered MCP clients."""

    _tables: Tables

    async def add(self, client: Client) -> None:
        insert(self._tables.clients, client.id, client)

    async def get(self, client_id: ClientId) -> Client | None:
        return self._tables.clients.get(client_id)


@attrs.frozen
class MemoryResources:
    """Registered MCP servers, by their URI."""

    _tables: Tables

    async def add(self, resource: Resource) -> bool:
        if resource.uri in self._tables.resources:
            return False
        insert(self._tables.resources, resource.uri, resource)
        return True

    async def by_uri(self, uri: str) -> Resource | None:
        return self._tables.resources.get(uri)

    async def get(self, resource_id: ResourceId) -> Resource | None:
        return next((resource for resource in self._tables.resources.values() if resource.id == resource_id), None)

    async def all(self) -> tuple[Resource, ...]:
        return tuple(self._tables.resources[uri] for uri in sorted(self._tables.resources))

    async def remove(self, uri: str) -> Resource | None:
        return self._tables.resources.pop(uri, None)
