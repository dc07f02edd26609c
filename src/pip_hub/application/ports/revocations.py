"""Provider revocations still owed."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pip_hub.domain.identifiers import ProviderKey, RevocationId, UserId
from pip_hub.domain.revocation import Revocation


class Revocations(Protocol):
    """Provider revocations still owed."""

    async def add(self, revocation: Revocation) -> None: ...

    async def due(self, at: datetime) -> tuple[Revocation, ...]:
        """Those whose next try is not after `at`, the longest waiting first."""
        ...

    async def of_user(self, user_id: UserId) -> tuple[Revocation, ...]:
        """What is still owed for one user, the oldest first."""
        ...

    async def owed(self, provider: ProviderKey, subject: str) -> tuple[Revocation, ...]:
        """What is still owed about one account, whoever it is owed for, the oldest first."""
        ...

    async def postpone(self, revocation: Revocation) -> None:
        """Store its new `tries` and `next_try_at`; nothing happens when it is settled already."""
        ...

    async def settle(self, revocation_id: RevocationId) -> Revocation | None:
        """Forget it, tokens included, and answer it; exactly one of many callers gets it, the others None."""
        ...
