"""Approvals."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pip_hub.domain.grant import Grant
from pip_hub.domain.identifiers import GrantId


class Grants(Protocol):
    """Approvals."""

    async def add(self, grant: Grant) -> None: ...

    async def get(self, grant_id: GrantId) -> Grant | None:
        """Also a revoked one."""
        ...

    async def revoke(self, grant_id: GrantId, at: datetime) -> None:
        """End the grant, its codes and its tokens; what has ended already keeps its time."""
        ...
