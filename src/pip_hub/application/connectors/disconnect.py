"""Disconnect a service."""

from __future__ import annotations

from datetime import timedelta

import attrs

from pip_hub.application.accounts.visitor import SignedIn, Visitor, require_signed_in
from pip_hub.application.connectors.owe_revocation import owe_revocation
from pip_hub.application.connectors.tell_provider import TellProvider
from pip_hub.application.flows.ownership import require_open_flow
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.domain.connector import ConnectorCatalogue, ConnectorSpec
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.errors import UnknownConnector
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.notice import Notice, NoticeKind
from pip_hub.domain.provider_grant import ForgetOutcome, ForgetPlan, Revocation

_HEAD_START = timedelta(minutes=2)
"""The foreground asks the provider first; if it dies on the way, the background takes over after this long."""


@attrs.frozen(kw_only=True)
class DisconnectCommand:
    """Which service; the flow only says which page to go back to."""

    visitor: Visitor
    connector: str
    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class Disconnected:
    """Back to this page; `outcome` is None when nothing was connected."""

    flow_id: FlowId | None
    outcome: ForgetOutcome | None


@attrs.frozen(kw_only=True)
class Disconnect:
    """Drop a link and its tokens at once, then ask the provider to forget, and tell the user how that went.

    Doing it twice is harmless: the second time there is nothing to drop.

    Raises:
        NotSignedIn: there is no live session.
        FlowNotOpen: a flow was named that is not open, or not this user's in this browser.
        UnknownConnector: no such connector.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    tell_provider: TellProvider
    clock: Clock
    policy: Policy

    async def __call__(self, command: DisconnectCommand) -> Disconnected:
        spec = self.catalogue.get(command.connector)
        if spec is None:
            raise UnknownConnector(flow_id=command.flow_id)
        now = self.clock.now()
        async with self.unit_of_work() as work:
            me = await require_signed_in(work, command.visitor, now, self.policy)
            if command.flow_id is not None:
                await require_open_flow(work, command.flow_id, me, command.visitor, now)
            removed = await self._remove(work, spec, me)
            await work.commit()
        if removed is None:
            return Disconnected(flow_id=command.flow_id, outcome=None)
        link, revocation = removed
        outcome = await self._tell(spec, revocation)
        await self._notify(me, link, outcome)
        return Disconnected(flow_id=command.flow_id, outcome=outcome)

    async def _remove(
        self, work: UnitOfWork, spec: ConnectorSpec, me: SignedIn
    ) -> tuple[ConnectorLink, Revocation] | None:
        known = await work.connector_links.get(me.user.id, spec.key)
        if known is not None:
            # Everything of this account is locked first, in one order: two who each removed their own and then
            # waited for the other's would be locked out by each other.
            await work.provider_grants.sharing(spec.provider, known.account.subject)
        link = await work.connector_links.remove(me.user.id, spec.key)
        grant = await work.provider_grants.remove(link.grant_id) if link is not None else None
        if link is None or grant is None:
            return None
        now = self.clock.now()
        return link, await owe_revocation(work, spec, grant, link, now=now, head_start=_HEAD_START)

    async def _tell(self, spec: ConnectorSpec, revocation: Revocation) -> ForgetOutcome:
        if revocation.plan is ForgetPlan.KEEP:
            return ForgetOutcome.KEPT
        if revocation.plan is ForgetPlan.NOT_OFFERED:
            return ForgetOutcome.NOT_OFFERED
        return await self.tell_provider(spec, revocation)

    async def _notify(self, me: SignedIn, link: ConnectorLink, outcome: ForgetOutcome) -> None:
        notice = Notice(
            session=me.session.digest,
            kind=NoticeKind.DISCONNECTED,
            connector=link.connector,
            detail=outcome,
            account=link.account.label,
            at=self.clock.now(),
        )
        async with self.unit_of_work() as work:
            await work.notices.add(notice)
            await work.commit()
