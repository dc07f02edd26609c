"""The step that decides what a provider is still to be told, and writes it down before anything is asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from pip_hub.application.ports.unit_of_work import UnitOfWork
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.provider_grant import ForgetPlan, ProviderGrant, Revocation, forget_plan


async def plan_for(work: UnitOfWork, spec: ConnectorSpec, grant: ProviderGrant | Revocation) -> ForgetPlan:
    """What may be asked of the provider, as things stand in this unit."""
    others = await work.provider_grants.sharing(grant.provider, grant.subject)
    radius = spec.revoke.radius if spec.revoke is not None else None
    return forget_plan(radius, others=others, organisation_id=grant.organisation_id)


async def owe_revocation(
    work: UnitOfWork,
    spec: ConnectorSpec,
    grant: ProviderGrant,
    link: ConnectorLink,
    *,
    now: datetime,
    head_start: timedelta = timedelta(),
) -> Revocation:
    """Plan how the provider forgets a grant that is no longer in the collection.

    Where something has to be asked, the revocation is stored in the caller's unit: whatever happens afterwards, the
    next run of `RetryRevocations` goes on from there, `head_start` later if the caller asks the provider itself.
    """
    plan = await plan_for(work, spec, grant)
    revocation = Revocation.of(grant, link, plan, now, next_try_at=now + head_start)
    if plan.asks_something:
        await work.revocations.add(revocation)
    return revocation
