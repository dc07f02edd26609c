"""The machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime

import attrs


@attrs.frozen
class SystemClock:
    """A `Clock` that tells the machine's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)
