"""Tell providers what they have not been told yet."""

from __future__ import annotations

import attrs

from pip_hub.application.connectors.owe_revocation import plan_for
from pip_hub.application.connectors.tell_provider import TellProvider
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.revocation import ForgetPlan, Revocation, outcome_without_asking


@attrs.frozen(kw_only=True)
class RetryRevocations:
    """Try every revocation that is due, once, and answer how many that were.

    Two processes may try the same one at once: a provider asked twice answers "already gone", which is as good.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    tell_provider: TellProvider
    clock: Clock

    async def __call__(self) -> int:
        async with self.unit_of_work() as work:
            due = await work.revocations.due(self.clock.now())
        for revocation in due:
            await self._retry(revocation)
        return len(due)

    async def _retry(self, revocation: Revocation) -> None:
        spec = self.catalogue.get(revocation.connector)
        async with self.unit_of_work() as work:
            # Planned again: the account may have been connected anew, and revoking would end the new connection.
            plan = (
                await plan_for(work, spec, revocation.subject, revocation.organisation)
                if spec is not None
                else ForgetPlan.NOT_OFFERED
            )
            if plan.asks_something:
                # Put to the end of the queue before it is tried: one that fails in a new way must not block the rest.
                await work.revocations.postpone(revocation.postponed(self.clock.now()))
            else:
                await self.tell_provider.settle(work, revocation, outcome_without_asking(plan))
            await work.commit()
        if spec is not None and plan.asks_something:
            await self.tell_provider(spec, attrs.evolve(revocation, plan=plan))
