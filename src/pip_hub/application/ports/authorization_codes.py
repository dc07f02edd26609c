"""Codes on their way to a client."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pip_hub.domain.authorization_code import AuthorizationCode
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.secret import Digest


class AuthorizationCodes(Protocol):
    """Codes on their way to a client."""

    async def add(self, code: AuthorizationCode) -> None: ...

    async def get(self, digest: Digest) -> AuthorizationCode | None:
        """Also a redeemed or expired one."""
        ...

    async def of_flow(self, flow_id: FlowId) -> AuthorizationCode | None:
        """The one code the flow yielded."""
        ...

    async def redeem(self, digest: Digest, at: datetime) -> AuthorizationCode | None:
        """Spend the code if it is live at `at`, erase its sealed copy, and answer it.

        Exactly one caller ever gets it; None for all others, and for an unknown or expired code.
        """
        ...
