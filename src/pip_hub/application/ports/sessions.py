"""Browsers that have signed in."""

from __future__ import annotations

from typing import Protocol

from pip_hub.domain.secret import Digest
from pip_hub.domain.session import Session


class Sessions(Protocol):
    """Browsers that have signed in."""

    async def add(self, session: Session) -> None: ...

    async def get(self, digest: Digest) -> Session | None:
        """Also an expired one; the caller asks `is_live`."""
        ...

    async def extend(self, session: Session) -> None:
        """Store the new `seen_at` and `expires_at` of a session that still exists; an ended one stays ended."""
        ...

    async def end(self, digest: Digest) -> None:
        """Forget it, with its notices; harmless when there is none."""
        ...
