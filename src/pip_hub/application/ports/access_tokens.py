"""Access tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pip_hub.domain.grant import AccessToken
from pip_hub.domain.secret import Digest


class AccessTokens(Protocol):
    """Access tokens."""

    async def add(self, token: AccessToken) -> None: ...

    async def get(self, digest: Digest) -> AccessToken | None:
        """Also a revoked or expired one."""
        ...

    async def revoke(self, digest: Digest, at: datetime) -> None:
        """End this token alone; harmless when it is unknown or ended already."""
        ...
