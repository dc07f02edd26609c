"""The step that asks a provider to forget, and settles what was owed."""

from __future__ import annotations

import attrs

from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import ProviderGateway
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.errors import CannotOpen, ProviderRefused, ProviderTrouble
from pip_hub.domain.provider_grant import ForgetOutcome, ForgetPlan, ProviderTokens, Revocation, grant_context


@attrs.frozen(kw_only=True)
class TellProvider:
    """One try at a revocation: settled when the provider has answered, postponed when it has not.

    Given up after a week, when the stored tokens no longer open, or when the provider says that they are dead.
    """

    unit_of_work: OpenUnitOfWork
    gateway: ProviderGateway
    vault: Vault
    clock: Clock

    async def __call__(self, spec: ConnectorSpec, revocation: Revocation) -> ForgetOutcome:
        outcome = await self._ask(spec, revocation)
        now = self.clock.now()
        async with self.unit_of_work() as work:
            if outcome is ForgetOutcome.TRYING:
                await work.revocations.postpone(revocation.postponed(now))
            else:
                await work.revocations.settle(revocation.grant_id)
            await work.commit()
        return outcome

    async def _ask(self, spec: ConnectorSpec, revocation: Revocation) -> ForgetOutcome:
        if revocation.is_hopeless(self.clock.now()):
            return ForgetOutcome.GIVEN_UP
        try:
            packed = await self.vault.open(revocation.sealed_tokens, grant_context(revocation.grant_id))
        except CannotOpen:
            return ForgetOutcome.GIVEN_UP
        tokens = ProviderTokens.unpack(packed)
        try:
            if revocation.plan is ForgetPlan.REVOKE:
                return await self.gateway.revoke(spec, tokens)
            if revocation.connection_id is None:
                # Others share the grant, and without a name for this one part of it nothing can be asked.
                return ForgetOutcome.KEPT
            return await self.gateway.remove_organisation(spec, tokens, revocation.connection_id)
        except ProviderRefused:
            return ForgetOutcome.GIVEN_UP
        except ProviderTrouble:
            return ForgetOutcome.TRYING
