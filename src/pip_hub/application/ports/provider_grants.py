"""Sealed provider tokens."""

from __future__ import annotations

from typing import Protocol

from pip_hub.domain.identifiers import ProviderGrantId, ProviderKey
from pip_hub.domain.provider_grant import ProviderGrant


class ProviderGrants(Protocol):
    """Sealed provider tokens."""

    async def add(self, grant: ProviderGrant) -> None: ...

    async def get(self, grant_id: ProviderGrantId) -> ProviderGrant | None: ...

    async def sharing(self, provider: ProviderKey, subject: str) -> tuple[ProviderGrant, ...]:
        """Every grant, of any user, that shares one upstream fate, ordered by id.

        They stay locked until the unit ends: of two users who disconnect the last two at once, one must see that it
        is the last.
        """
        ...

    async def remove(self, grant_id: ProviderGrantId) -> ProviderGrant | None:
        """Forget the tokens and answer them; exactly one of many callers gets them, the others None."""
        ...
