"""Clearing away what has expired."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Housekeeping(Protocol):
    """Clearing away what has expired."""

    async def purge(self, before: datetime) -> int:
        """Remove what was over before `before`, and answer how many rows that were.

        Over are: sessions, flows, attempts, codes, access and refresh tokens by their expiry; notices by their time;
        activity older than its own 90 days; grants made before `before` on which no code and no token hangs any more.
        """
        ...
