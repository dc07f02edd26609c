"""The step that turns a provider's answer into a link."""

from __future__ import annotations

import contextlib
from datetime import datetime

import attrs

from pip_hub.application.connectors.owe_revocation import OweRevocation
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import ProviderConnection
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.activity import ActivityEntry, ActivityKind
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.connector import ConnectorSpec, RevokeRadius
from pip_hub.domain.connector_link import Attention, ConnectorLink, Organisation
from pip_hub.domain.errors import StorageUnavailable
from pip_hub.domain.notice import FailureReason, Notice, NoticeKind
from pip_hub.domain.provider_grant import ProviderGrant, grant_context, grant_id_for

_TRIES = 3


@attrs.frozen(kw_only=True)
class Refused:
    """The provider's answer is sound, but it does not make a connection."""

    reason: FailureReason
    account: str | None = None


@attrs.frozen(kw_only=True)
class KeepConnection:
    """Seal the tokens and store link, tokens, notice and activity in one unit, replacing an earlier link.

    A different account than the connected one is refused, never merged: the user disconnects first, on purpose.
    Tokens that are not kept, and replaced ones that revoking the new ones would not end, are owed to the provider as a
    revocation.
    """

    unit_of_work: OpenUnitOfWork
    owe_revocation: OweRevocation
    vault: Vault
    clock: Clock
    secrets: SecretSource

    async def __call__(
        self, spec: ConnectorSpec, attempt: ConnectionAttempt, connection: ProviderConnection
    ) -> ConnectorLink | Refused:
        now = self.clock.now()
        link = _link(spec, attempt, connection, now)
        grant = ProviderGrant(
            id=link.grant_id,
            provider=link.provider,
            subject=link.account.subject,
            sealed_tokens=await self.vault.seal(connection.tokens.packed(), grant_context(link.grant_id)),
            generation=0,
            refreshed_at=now,
        )
        for _ in range(_TRIES - 1):
            # The provider's code is spent: two writers in each other's way must not cost what it brought.
            with contextlib.suppress(StorageUnavailable):
                return await self._keep(spec, attempt, link, grant)
        return await self._keep(spec, attempt, link, grant)

    async def _keep(
        self, spec: ConnectorSpec, attempt: ConnectionAttempt, link: ConnectorLink, grant: ProviderGrant
    ) -> ConnectorLink | Refused:
        async with self.unit_of_work() as work:
            previous = await work.connector_links.hold(link.user_id, link.connector)
            refused = _objection(spec, link, previous)
            if refused is not None:
                await self._give_up(work, spec, link, grant)
            else:
                link = _with_earlier_choice(link, previous)
                await self._store(work, spec, link, grant)
                await self._tell(work, attempt, link)
            await work.commit()
        return refused or link

    async def _store(self, work: UnitOfWork, spec: ConnectorSpec, link: ConnectorLink, grant: ProviderGrant) -> None:
        # The link first: of two trips that end at once, the later one then finds the tokens of the earlier.
        replaced = await work.connector_links.put(link)
        old_tokens = await work.provider_grants.get(grant.id)
        await work.provider_grants.put(grant)
        if old_tokens is not None and spec.revoke is not None and spec.revoke.radius is RevokeRadius.TOKEN:
            await self.owe_revocation(work, spec, link, old_tokens, now=grant.refreshed_at)
        if replaced is None or replaced.grant_id == link.grant_id:
            return
        if replaced.account.subject == link.account.subject:
            # Kept under an id of an earlier version: the new tokens are the same account's, and so is its fate.
            await work.provider_grants.remove(replaced.grant_id)
        else:
            # Two different accounts connected at the very same time: the later one stays.
            await self.owe_revocation.of_link(work, spec, replaced, now=grant.refreshed_at)

    async def _give_up(self, work: UnitOfWork, spec: ConnectorSpec, link: ConnectorLink, grant: ProviderGrant) -> None:
        can_be_shared = spec.scopes_add_up and _has_one_token_set(spec)
        is_shared = can_be_shared and await work.provider_grants.get(grant.id) is not None
        await self.owe_revocation(work, spec, link, grant, now=grant.refreshed_at, is_shared=is_shared)
        if is_shared:
            # This authorization may have ended the older tokens of whoever uses the account; these can do as much.
            await work.provider_grants.put(grant)

    async def _tell(self, work: UnitOfWork, attempt: ConnectionAttempt, link: ConnectorLink) -> None:
        flow = await work.flows.get(attempt.flow_id) if attempt.flow_id is not None else None
        await work.notices.add(
            Notice(
                session=attempt.session,
                kind=NoticeKind.CONNECTED,
                connector=link.connector,
                account=link.account.label,
                flow_ended=attempt.flow_id is not None and (flow is None or not flow.is_open(link.connected_at)),
                at=link.connected_at,
            )
        )
        await work.activity.add(
            ActivityEntry(
                user_id=link.user_id,
                kind=ActivityKind.CONNECTED,
                connector=link.connector,
                detail=link.level,
                account=link.account.label,
                at=link.connected_at,
                group=self.secrets.identifier(),
            )
        )


def _link(
    spec: ConnectorSpec, attempt: ConnectionAttempt, connection: ProviderConnection, now: datetime
) -> ConnectorLink:
    account = connection.account
    link_of = None if _has_one_token_set(spec) else (attempt.user_id, attempt.connector)
    has_to_choose = spec.organisations is not None and account.organisation is None
    return ConnectorLink(
        user_id=attempt.user_id,
        connector=attempt.connector,
        provider=spec.provider,
        grant_id=grant_id_for(spec.provider, account.subject, link_of=link_of),
        account=account,
        level=attempt.level,
        granted=connection.tokens.granted,
        connected_at=now,
        attention=Attention.ORGANISATION_NOT_CHOSEN if has_to_choose else None,
        organisations=connection.organisations,
    )


def _has_one_token_set(spec: ConnectorSpec) -> bool:
    """One for the whole account where refresh tokens rotate: two would break each other."""
    return spec.refresh is not None and spec.refresh.rotates


def _objection(spec: ConnectorSpec, link: ConnectorLink, previous: ConnectorLink | None) -> Refused | None:
    if previous is not None and previous.account.subject != link.account.subject:
        return Refused(reason=FailureReason.WRONG_ACCOUNT, account=link.account.label)
    if not spec.scopes.levels[link.level] & spec.scopes.effective(link.granted):
        return Refused(reason=FailureReason.NOTHING_GRANTED, account=link.account.label)
    return None


def _with_earlier_choice(link: ConnectorLink, previous: ConnectorLink | None) -> ConnectorLink:
    """A step-up is about the level, so the organisation chosen before stays while the account reaches it.

    Connecting again at the same level may be about another organisation: when nothing tells, the user is asked.
    """
    if link.attention is None or previous is None or previous.account.organisation is None:
        return link
    if link.level is previous.level:
        return link
    chosen: Organisation | None = next(
        (one for one in link.organisations if one.id == previous.account.organisation.id), None
    )
    if chosen is None:
        return link
    return attrs.evolve(link, account=attrs.evolve(link.account, organisation=chosen), attention=None)
