"""Trips to providers."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.secret import Digest


class ConnectionAttempts(Protocol):
    """Trips to providers."""

    async def add(self, attempt: ConnectionAttempt) -> None: ...

    async def get(self, state_digest: Digest) -> ConnectionAttempt | None:
        """Also a taken or expired one."""
        ...

    async def take(self, state_digest: Digest, at: datetime) -> ConnectionAttempt | None:
        """Spend the attempt if it is open at `at`, and answer it.

        Exactly one caller ever gets it; None for all others, and for an unknown or expired attempt.
        """
        ...
