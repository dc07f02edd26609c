"""Banners waiting for the next page."""

from __future__ import annotations

from typing import Protocol

from pip_hub.domain.notice import Notice
from pip_hub.domain.secret import Digest


class Notices(Protocol):
    """Banners waiting for the next page."""

    async def add(self, notice: Notice) -> None: ...

    async def take(self, session: Digest) -> tuple[Notice, ...]:
        """Remove and answer the session's notices, oldest first; each is answered once."""
        ...
