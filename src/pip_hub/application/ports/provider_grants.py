"""Sealed provider tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pip_hub.domain.identifiers import ProviderGrantId, ProviderKey
from pip_hub.domain.provider_grant import ProviderGrant


class ProviderGrants(Protocol):
    """Sealed provider tokens."""

    async def put(self, grant: ProviderGrant) -> None:
        """Keep the tokens of a fresh authorization, replacing those under the same id.

        The generation then goes on from the replaced one, so that a refresher of the old tokens cannot put its answer
        over the new ones; a lease on the old ones is void.
        """
        ...

    async def get(self, grant_id: ProviderGrantId) -> ProviderGrant | None: ...

    async def lease(
        self, grant_id: ProviderGrantId, generation: int, at: datetime, until: datetime
    ) -> ProviderGrant | None:
        """Make the caller the only one to renew this generation until `until`, and answer the leased grant.

        Exactly one caller gets it while no lease runs at `at`; None for all others, and when the generation is gone.
        """
        ...

    async def replace(self, leased: ProviderGrant, renewed: ProviderGrant) -> bool:
        """Keep a renewed grant in place of the one the caller has leased.

        False, and nothing changes, when that very lease is no longer there: it ran out and another worker has its own
        by now, or the tokens were connected anew, whose generations begin to count again.
        """
        ...

    async def end_lease(self, leased: ProviderGrant, pause_until: datetime | None = None) -> None:
        """Give the lease back without new tokens, or keep everybody away until the provider wants to be asked again.

        Harmless when it ran out and another worker has its own by now, and
        when the generation is gone.
        """
        ...

    async def remove(self, grant_id: ProviderGrantId) -> ProviderGrant | None:
        """Forget the tokens and answer them; exactly one of many callers gets them, the others None."""
        ...

    async def idle(self, provider: ProviderKey, before: datetime, limit: int) -> tuple[ProviderGrant, ...]:
        """Grants of a provider last refreshed before `before`, the longest idle first."""
        ...
