"""A clock that moves only when it is told to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from anyio.lowlevel import checkpoint

from pip_hub.adapters.memory.unit_of_work import refuse_inside_unit

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
"""What a `FrozenClock` shows unless it is set to something else."""


class FrozenClock:
    """A `Clock` for tests and rehearsals: whoever sleeps lets the other tasks go on, and no time passes.

    Fails its caller (RuntimeError) who sleeps while a unit of work is open.

    Raises:
        ValueError: at construction, when the time is not aware.
    """

    def __init__(self, now: datetime = START) -> None:
        if now.tzinfo is None:
            raise ValueError("a clock shows aware time")
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    async def sleep(self, duration: timedelta) -> None:
        refuse_inside_unit(f"a sleep of {duration}")
        await checkpoint()

    def advance(self, by: timedelta) -> datetime:
        """Let `by` pass, and answer the new time."""
        self._now += by
        return self._now
