"""Provider revocations still owed."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pip_hub.domain.identifiers import ProviderGrantId
from pip_hub.domain.provider_grant import Revocation


class Revocations(Protocol):
    """Provider revocations still owed."""

    async def add(self, revocation: Revocation) -> None: ...

    async def due(self, at: datetime) -> tuple[Revocation, ...]:
        """Those whose next try is not after `at`, the longest waiting first."""
        ...

    async def postpone(self, revocation: Revocation) -> None:
        """Store its new `tries` and `next_try_at`; nothing happens when it is settled already."""
        ...

    async def settle(self, grant_id: ProviderGrantId) -> None:
        """Forget it, tokens included; harmless when there is none."""
        ...
