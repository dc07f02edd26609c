"""The step that turns a provider's answer into a link."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.application.connectors.owe_revocation import owe_revocation
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import ProviderConnection
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.identifiers import ProviderGrantId
from pip_hub.domain.notice import FailureReason, Notice, NoticeKind
from pip_hub.domain.provider_grant import ProviderGrant, grant_context
from pip_hub.domain.secret import Sealed


@attrs.frozen(kw_only=True)
class Refused:
    """The provider's answer is sound, but it does not make a connection."""

    reason: FailureReason
    account: str | None = None


@attrs.frozen(kw_only=True)
class KeepConnection:
    """Seal the tokens and store link, tokens and notice in one unit, replacing an earlier link to the same account.

    A different account than the connected one is refused, never merged: the user disconnects first, on purpose.
    Tokens that are not kept, and those of a replaced link, are owed to the provider as a revocation.
    """

    unit_of_work: OpenUnitOfWork
    vault: Vault
    clock: Clock
    secrets: SecretSource

    async def __call__(
        self, spec: ConnectorSpec, attempt: ConnectionAttempt, connection: ProviderConnection
    ) -> ConnectorLink | Refused:
        grant_id = ProviderGrantId(self.secrets.identifier())
        sealed = await self.vault.seal(connection.tokens.packed(), grant_context(grant_id))
        now = self.clock.now()
        link = _link(attempt, connection, grant_id, now)
        grant = _grant(spec, link, sealed)
        async with self.unit_of_work() as work:
            # Locked before anything is written, in one order, like in `Disconnect`.
            await work.provider_grants.sharing(spec.provider, link.account.subject)
            refused = await self._objection(work, spec, link)
            if refused is not None:
                await owe_revocation(work, spec, grant, link, now=now)
            else:
                await self._store(work, spec, attempt, link, grant)
            await work.commit()
        return refused or link

    async def _objection(self, work: UnitOfWork, spec: ConnectorSpec, link: ConnectorLink) -> Refused | None:
        previous = await work.connector_links.get(link.user_id, link.connector)
        if previous is not None and previous.account.subject != link.account.subject:
            return Refused(reason=FailureReason.WRONG_ACCOUNT, account=link.account.label)
        if not spec.scopes.levels[link.level] & spec.scopes.effective(link.granted):
            return Refused(reason=FailureReason.NOTHING_GRANTED, account=link.account.label)
        return None

    async def _store(
        self,
        work: UnitOfWork,
        spec: ConnectorSpec,
        attempt: ConnectionAttempt,
        link: ConnectorLink,
        grant: ProviderGrant,
    ) -> None:
        await work.provider_grants.add(grant)
        replaced = await work.connector_links.put(link)
        if replaced is not None:
            old = await work.provider_grants.remove(replaced.grant_id)
            if old is not None:
                await owe_revocation(work, spec, old, replaced, now=grant.created_at)
        flow = await work.flows.get(attempt.flow_id) if attempt.flow_id is not None else None
        await work.notices.add(
            Notice(
                session=attempt.session,
                kind=NoticeKind.CONNECTED,
                connector=spec.key,
                account=link.account.label,
                flow_ended=attempt.flow_id is not None and (flow is None or not flow.is_open(grant.created_at)),
                at=grant.created_at,
            )
        )


def _link(
    attempt: ConnectionAttempt, connection: ProviderConnection, grant_id: ProviderGrantId, now: datetime
) -> ConnectorLink:
    return ConnectorLink(
        user_id=attempt.user_id,
        connector=attempt.connector,
        grant_id=grant_id,
        account=connection.account,
        level=attempt.level,
        granted=connection.tokens.granted,
        connected_at=now,
    )


def _grant(spec: ConnectorSpec, link: ConnectorLink, sealed: Sealed) -> ProviderGrant:
    organisation = link.account.organisation
    return ProviderGrant(
        id=link.grant_id,
        provider=spec.provider,
        subject=link.account.subject,
        user_id=link.user_id,
        connector=link.connector,
        organisation_id=organisation.id if organisation is not None else None,
        sealed_tokens=sealed,
        generation=0,
        created_at=link.connected_at,
    )
