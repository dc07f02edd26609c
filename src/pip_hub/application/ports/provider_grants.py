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

    async def replace(self, renewed: ProviderGrant) -> bool:
        """Keep a renewed grant in place of the leased generation before it; False, and nothing changes, when that
        generation is no longer there, or nobody has leased it: then it is the first of tokens connected anew, which
        merely has the same number. Exactly one of many callers gets True.
        """
        ...

    async def end_lease(self, leased: ProviderGrant) -> None:
        """Give the lease back without new tokens; harmless when it ran out and another worker has its own by now, and
        when the generation is gone.
        """
        ...

    async def remove(self, grant_id: ProviderGrantId) -> ProviderGrant | None:
        """Forget the tokens and answer them; exactly one of many callers gets them, the others None."""
        ...

    async def idle(self, provider: ProviderKey, before: datetime, limit: int) -> tuple[ProviderGrant, ...]:
        """Grants of a provider last refreshed before `before`, the longest idle first."""
        ...
