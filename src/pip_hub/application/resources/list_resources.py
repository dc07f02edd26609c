"""List the registered MCP servers."""

from __future__ import annotations

import attrs

from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.resource import Resource


@attrs.frozen(kw_only=True)
class ListResources:
    """Every resource, ordered by URI."""

    unit_of_work: OpenUnitOfWork

    async def __call__(self) -> tuple[Resource, ...]:
        async with self.unit_of_work() as work:
            return await work.resources.all()
