"""The step that asks a provider to forget, and settles what was owed."""

from __future__ import annotations

from datetime import timedelta

import attrs

from pip_hub.application.connectors.refresh_provider_tokens import RefreshProviderTokens, Wanted
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import ProviderGateway
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.activity import ActivityEntry, ActivityKind
from pip_hub.domain.connector import ConnectorSpec, RevokeRadius
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
        async with self.unit_of_work() as work:
            if answer.outcome is ForgetOutcome.TRYING:
                await work.revocations.postpone(revocation.postponed(self.clock.now(), answer.retry_after))
            else:
                await self.settle(work, revocation, answer.outcome)
            await work.commit()
        if answer.outcome is ForgetOutcome.REVOKED and _reaches_others(spec, revocation):
            # Somebody may have connected the same account while the provider was asked, and then it ended theirs too.
            await self.refresh_provider_tokens.check_account(revocation.provider, revocation.subject)
        return answer.outcome

    async def settle(self, work: UnitOfWork, revocation: Revocation, outcome: ForgetOutcome) -> None:
        """Close what was owed and tell its user, once; in the caller's unit."""
        if await work.revocations.settle(revocation.id) is None:
            return
        await work.activity.add(
            ActivityEntry(
                user_id=revocation.user_id,
                kind=ActivityKind.REVOCATION_SETTLED,
                connector=revocation.connector,
                detail=outcome,
                account=revocation.account,
                at=self.clock.now(),
                group=self.secrets.identifier(),
            )
        )

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
            # The tokens went to another's revocation of the same account: gone when that one is done, and not before.
            async with self.unit_of_work() as work:
                owed = await work.revocations.owed(revocation.provider, revocation.subject)
            waits = any(other.id != revocation.id and other.sealed_tokens is not None for other in owed)
            return _Answer(outcome=ForgetOutcome.TRYING if waits else ForgetOutcome.ALREADY_GONE)
        packed = await self.vault.open(revocation.sealed_tokens, grant_context(revocation.grant_id))
        return _Answer(outcome=await self.gateway.revoke(spec, ProviderTokens.unpack(packed)))


def _reaches_others(spec: ConnectorSpec, revocation: Revocation) -> bool:
    """Whether the revocation ended everything the account ever allowed, and not just the token that was sent."""
    is_whole = spec.revoke is not None and spec.revoke.radius is RevokeRadius.GRANT
    return is_whole and revocation.plan is ForgetPlan.REVOKE
