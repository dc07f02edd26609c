"""Registered MCP servers."""

from __future__ import annotations

from typing import Protocol

from pip_hub.domain.identifiers import ResourceId
from pip_hub.domain.resource import Resource


class Resources(Protocol):
    """Registered MCP servers."""

    async def add(self, resource: Resource) -> bool:
        """Keep a new resource. False, and nothing changes, when its URI is registered already."""
        ...

    async def by_uri(self, uri: str) -> Resource | None:
        """By canonical URI."""
        ...

    async def get(self, resource_id: ResourceId) -> Resource | None: ...

    async def all(self) -> tuple[Resource, ...]:
        """Every resource, ordered by URI."""
        ...

    async def remove(self, uri: str) -> Resource | None:
        """Forget it and answer what was removed; None when there was nothing."""
        ...
