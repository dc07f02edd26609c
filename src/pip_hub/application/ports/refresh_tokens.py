"""Refresh tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pip_hub.domain.grant import RefreshToken
from pip_hub.domain.secret import Digest


class RefreshTokens(Protocol):
    """Refresh tokens."""

    async def add(self, token: RefreshToken) -> None: ...

    async def get(self, digest: Digest) -> RefreshToken | None:
        """Also a rotated or expired one."""
        ...

    async def rotate(self, digest: Digest, at: datetime) -> RefreshToken | None:
        """Spend the token if it is live at `at`, and answer it.

        Exactly one caller ever gets it; None for all others, and for an unknown or expired token.
        """
        ...
