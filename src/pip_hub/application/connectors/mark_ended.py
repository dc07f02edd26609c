"""The step that tells every link of an account that its grant is over upstream."""

from __future__ import annotations

import attrs

from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.activity import ActivityEntry, ActivityKind
from pip_hub.domain.connector_link import Attention
from pip_hub.domain.provider_grant import ProviderGrant


@attrs.frozen(kw_only=True)
class MarkEnded:
    """Mark all links that hang on a leased grant, once, unless the grant was replaced meanwhile."""

    unit_of_work: OpenUnitOfWork
    clock: Clock
    secrets: SecretSource

    async def __call__(self, grant: ProviderGrant) -> bool:
        """Whether it is over; False when the lease is another worker's by now, or gone with a new authorization."""
        now = self.clock.now()
        async with self.unit_of_work() as work:
            links = await work.connector_links.sharing(grant.provider, grant.subject)
            current = await work.provider_grants.get(grant.id)
            # Not by the generation alone: tokens connected anew after a disconnect begin to count again.
            if current is None or (current.generation, current.lease_until) != (grant.generation, grant.lease_until):
                return False
            await work.provider_grants.end_lease(grant)
            for link in links:
                if link.grant_id != grant.id or link.attention is Attention.GRANT_ENDED:
                    continue
                await work.connector_links.put(attrs.evolve(link, attention=Attention.GRANT_ENDED))
                await work.activity.add(
                    ActivityEntry(
                        user_id=link.user_id,
                        kind=ActivityKind.NEEDS_ATTENTION,
                        connector=link.connector,
                        detail=Attention.GRANT_ENDED,
                        account=link.account.label,
                        at=now,
                        group=self.secrets.identifier(),
                    )
                )
            await work.commit()
        return True
