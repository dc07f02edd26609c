"""Time, as a port."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Time, as a port."""

    def now(self) -> datetime:
        """The current time, aware and in UTC."""
        ...

    async def sleep(self, duration: timedelta) -> None:
        """Let others go on for about this long. Never inside a unit of work."""
        ...
