"""Take an MCP server out."""

from __future__ import annotations

import attrs

from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.errors import ResourceRefused
from pip_hub.domain.resource import Resource, canonical_resource


@attrs.frozen(kw_only=True)
class RemoveResource:
    """Forget a resource: from now on nobody can ask about its tokens, and no new flow for it begins.

    Raises:
        ResourceRefused: nothing is registered under this URI.
    """

    unit_of_work: OpenUnitOfWork

    async def __call__(self, uri: str) -> Resource:
        try:
            canonical = canonical_resource(uri)
        except ValueError as problem:
            raise ResourceRefused(reason=str(problem)) from None
        async with self.unit_of_work() as work:
            removed = await work.resources.remove(canonical)
            if removed is None:
                raise ResourceRefused(reason=f"{canonical} is not registered")
            await work.commit()
        return removed
