"""Time, as a port."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time, as a port."""

    def now(self) -> datetime:
        """The current time, aware and in UTC."""
        ...
