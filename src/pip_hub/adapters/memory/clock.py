"""A clock that moves only when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
"""What a `FrozenClock` shows unless it is set to something else."""


class FrozenClock:
    """A `Clock` for tests and rehearsals.

    Raises:
        ValueError: at construction, when the time is not aware.
    """

    def __init__(self, now: datetime = START) -> None:
        if now.tzinfo is None:
            raise ValueError("a clock shows aware time")
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Let `by` pass, and answer the new time."""
        self._now += by
        return self._now
