"""The step that drops a link's tokens, decides what the provider is still to be told, and writes that down first."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import UnitOfWork
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import ConnectorLink, Organisation
from pip_hub.domain.identifiers import RevocationId
from pip_hub.domain.provider_grant import ProviderGrant
from pip_hub.domain.revocation import ForgetPlan, Revocation, forget_plan


async def plan_for(
    work: UnitOfWork, spec: ConnectorSpec, subject: str, organisation: Organisation | None
) -> ForgetPlan:
    """What may be asked of the provider about an account, as its links stand in this unit."""
    others = await work.connector_links.sharing(spec.provider, subject)
    radius = spec.revoke.radius if spec.revoke is not None else None
    return forget_plan(radius, others=others, organisation=organisation)


@attrs.frozen(kw_only=True)
class OweRevocation:
    """Store what is owed in the caller's unit: whatever happens afterwards, `RetryRevocations` goes on from there.

    `head_start` is for a caller that asks the provider itself: only after that long does the background try too.
    """

    secrets: SecretSource

    async def of_link(
        self,
        work: UnitOfWork,
        spec: ConnectorSpec,
        link: ConnectorLink,
        *,
        now: datetime,
        head_start: timedelta = timedelta(),
    ) -> Revocation:
        """For a link that is no longer in the collection: drop its tokens unless other links hang on them."""
        remaining = await work.connector_links.sharing(link.provider, link.account.subject)
        is_shared = any(other.grant_id == link.grant_id for other in remaining)
        grant = None if is_shared else await work.provider_grants.remove(link.grant_id)
        return await self(work, spec, link, grant, now=now, head_start=head_start, is_shared=is_shared)

    async def __call__(
        self,
        work: UnitOfWork,
        spec: ConnectorSpec,
        link: ConnectorLink,
        grant: ProviderGrant | None,
        *,
        now: datetime,
        head_start: timedelta = timedelta(),
        is_shared: bool = False,
    ) -> Revocation:
        """For a link and its tokens, neither of them in a collection.

        With `is_shared` the tokens stay, since other links use them.
        """
        organisation = link.account.organisation
        plan = await plan_for(work, spec, link.account.subject, organisation)
        if is_shared and plan is ForgetPlan.REVOKE:
            plan = ForgetPlan.KEEP
        revocation = Revocation(
            id=RevocationId(self.secrets.identifier()),
            grant_id=link.grant_id,
            provider=link.provider,
            subject=link.account.subject,
            user_id=link.user_id,
            connector=link.connector,
            plan=plan,
            account=link.account.label,
            organisation=organisation,
            sealed_tokens=grant.sealed_tokens if grant is not None else None,
            created_at=now,
            next_try_at=now + head_start,
        )
        if plan.asks_something:
            await work.revocations.add(revocation)
        return revocation
