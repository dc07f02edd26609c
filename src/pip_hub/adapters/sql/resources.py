"""MCP servers, in SQL."""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import resources
from pip_hub.domain.identifiers import ResourceId
from pip_hub.domain.resource import Resource


@attrs.frozen
class SqlResources:
    """Registered MCP servers."""

    _connection: SqlConnection

    async def add(self, resource: Resource) -> bool:
        statement = self._connection.insert(resources).values(row_of(resource))
        return await self._connection.count(statement.on_conflict_do_nothing(index_elements=["uri"])) == 1

    async def by_uri(self, uri: str) -> Resource | None:
        row = await self._connection.one(select(resources).where(resources.c.uri == uri))
        return resource_in(row) if row else None

    async def get(self, resource_id: ResourceId) -> Resource | None:
        row = await self._connection.one(select(resources).where(resources.c.id == resource_id))
        return resource_in(row) if row else None

    async def all(self) -> tuple[Resource, ...]:
        rows = await self._connection.many(select(resources).order_by(resources.c.uri))
        return tuple(resource_in(row) for row in rows)

    async def remove(self, uri: str) -> Resource | None:
        row = await self._connection.one(resources.delete().where(resources.c.uri == uri).returning(resources))
        return resource_in(row) if row else None


def row_of(resource: Resource) -> dict[str, Any]:
    """The resource as a row."""
    return {
        "id": resource.id,
        "uri": resource.uri,
        "name": resource.name,
        "scopes": resource.scopes,
        "secret_digest": resource.secret_digest,
        "created_at": resource.created_at,
    }


def resource_in(row: RowMapping) -> Resource:
    """The resource in a row."""
    return Resource(
        id=row["id"],
        uri=row["uri"],
        name=row["name"],
        scopes=row["scopes"],
        secret_digest=row["secret_digest"],
        created_at=row["created_at"],
    )
