"""The step that asks a provider to forget, and settles what was owed."""

from __future__ import annotations

from datetime import timedelta

import attrs

from pip_hub.application.connectors.refresh_provider_tokens import RefreshProviderTokens, Wanted
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import ProviderGateway
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.activity import ActivityEntry, ActivityKind
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import Organisation
from pip_hub.domain.errors import CannotOpen, GrantGone, ProviderRefused, ProviderTrouble, ProviderUnreachable
from pip_hub.domain.provider_grant import ProviderTokens, grant_context
from pip_hub.domain.revocation import ForgetOutcome, ForgetPlan, Revocation


@attrs.frozen(kw_only=True)
class _Answer:
    outcome: ForgetOutcome
    retry_after: timedelta = timedelta()


@attrs.frozen(kw_only=True)
class TellProvider:
    """One try at a revocation: settled when the provider has answered, postponed when it has not.

    Given up after a week, when the stored tokens no longer open, or when the provider says that they are dead. What
    came of it goes into the activity log.
    """

    unit_of_work: OpenUnitOfWork
    gateway: ProviderGateway
    refresh_provider_tokens: RefreshProviderTokens
    vault: Vault
    clock: Clock
    secrets: SecretSource

    async def __call__(self, spec: ConnectorSpec, revocation: Revocation) -> ForgetOutcome:
        answer = await self._ask(spec, revocation)
        now = self.clock.now()
        async with self.unit_of_work() as work:
            if answer.outcome is ForgetOutcome.TRYING:
                await work.revocations.postpone(revocation.postponed(now, answer.retry_after))
            elif await work.revocations.settle(revocation.id) is not None:
                await work.activity.add(
                    ActivityEntry(
                        user_id=revocation.user_id,
                        kind=ActivityKind.REVOCATION_SETTLED,
                        connector=revocation.connector,
                        detail=answer.outcome,
                        account=revocation.account,
                        at=now,
                        group=self.secrets.identifier(),
                    )
                )
            await work.commit()
        return answer.outcome

    async def _ask(self, spec: ConnectorSpec, revocation: Revocation) -> _Answer:
        if revocation.is_hopeless(self.clock.now()):
            return _Answer(outcome=ForgetOutcome.GIVEN_UP)
        try:
            if revocation.plan is ForgetPlan.REVOKE:
                return await self._revoke(spec, revocation)
            if revocation.organisation is None:
                # Others share the grant, and without a name for this one part of it nothing can be asked.
                return _Answer(outcome=ForgetOutcome.KEPT)
            return await self._remove(spec, revocation, revocation.organisation)
        except (CannotOpen, ProviderRefused):
            return _Answer(outcome=ForgetOutcome.GIVEN_UP)
        except ProviderUnreachable as trouble:
            return _Answer(outcome=ForgetOutcome.TRYING, retry_after=trouble.retry_after or timedelta())
        except ProviderTrouble:
            return _Answer(outcome=ForgetOutcome.TRYING)

    async def _remove(self, spec: ConnectorSpec, revocation: Revocation, organisation: Organisation) -> _Answer:
        """With the tokens of the grant that others still hang on; when that is over, so is the organisation."""
        try:
            tokens = await self.refresh_provider_tokens(spec, Wanted(grant_id=revocation.grant_id))
        except (GrantGone, ProviderRefused):
            return _Answer(outcome=ForgetOutcome.ALREADY_GONE)
        return _Answer(outcome=await self.gateway.remove_organisation(spec, tokens.access, organisation.connection_id))

    async def _revoke(self, spec: ConnectorSpec, revocation: Revocation) -> _Answer:
        if revocation.sealed_tokens is None:
            return _Answer(outcome=ForgetOutcome.ALREADY_GONE)
        packed = await self.vault.open(revocation.sealed_tokens, grant_context(revocation.grant_id))
        return _Answer(outcome=await self.gateway.revoke(spec, ProviderTokens.unpack(packed)))
