"""The machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import anyio
import attrs


@attrs.frozen
class SystemClock:
    """A `Clock` that tells the machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, duration: timedelta) -> None:
        await anyio.sleep(duration.total_seconds())
