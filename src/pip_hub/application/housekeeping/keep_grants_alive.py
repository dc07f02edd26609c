"""Use refresh tokens before their provider forgets them."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.application.connectors.refresh_provider_tokens import RefreshProviderTokens, Wanted
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.connector import ConnectorCatalogue, ConnectorSpec
from pip_hub.domain.connector_link import Attention
from pip_hub.domain.errors import CannotOpen, GrantGone, ProviderTrouble
from pip_hub.domain.provider_grant import ProviderGrant

AT_ONCE = 50
"""Grants of one connector that one run renews at most."""


@attrs.frozen(kw_only=True)
class KeepGrantsAlive:
    """Renew what has been idle for half the time after which its provider would let it die; answer how many that were.

    A grant that is over already is left alone: asking again would not bring it back.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    refresh_provider_tokens: RefreshProviderTokens
    clock: Clock

    async def __call__(self) -> int:
        renewed = 0
        for spec in self.catalogue:
            if spec.refresh is None or spec.refresh.idle is None:
                continue
            for grant in await self._idle(spec, self.clock.now() - spec.refresh.idle / 2):
                if await self._renew(spec, grant):
                    renewed += 1
        return renewed

    async def _idle(self, spec: ConnectorSpec, before: datetime) -> list[ProviderGrant]:
        limit = AT_ONCE
        while True:
            async with self.unit_of_work() as work:
                idle = await work.provider_grants.idle(spec.provider, before, limit)
            alive = [grant for grant in idle if await self._is_alive(spec, grant)]
            if len(alive) >= AT_ONCE or len(idle) < limit:
                return alive[:AT_ONCE]
            limit *= 2  # the longest idle are those that are over: never may they hide the others

    async def _is_alive(self, spec: ConnectorSpec, grant: ProviderGrant) -> bool:
        """Whether a link of this very connector hangs on it: each has its own registration with the provider."""
        async with self.unit_of_work() as work:
            links = await work.connector_links.sharing(grant.provider, grant.subject)
        return any(
            link.grant_id == grant.id and link.connector == spec.key and link.attention is not Attention.GRANT_ENDED
            for link in links
        )

    async def _renew(self, spec: ConnectorSpec, grant: ProviderGrant) -> bool:
        # Asking for an answer newer than the one it has makes this a renewal whatever the access token's age.
        wanted = Wanted(grant_id=grant.id, newer_than=grant.generation)
        try:
            await self.refresh_provider_tokens(spec, wanted)
        except (GrantGone, CannotOpen, ProviderTrouble):
            return False
        return True
