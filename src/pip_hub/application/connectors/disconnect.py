"""Disconnect a service, or all services of one account."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from pip_hub.application.accounts.visitor import SignedIn, Visitor, require_signed_in
from pip_hub.application.connectors.choice import require_known
from pip_hub.application.connectors.owe_revocation import OweRevocation
from pip_hub.application.connectors.tell_provider import TellProvider
from pip_hub.application.connectors.tell_user import TellUser
from pip_hub.application.flows.ownership import require_open_flow
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector import ConnectorCatalogue, ConnectorSpec
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.notice import NoticeKind
from pip_hub.domain.revocation import ForgetOutcome, Revocation, outcome_without_asking

HEAD_START = timedelta(minutes=2)
"""The foreground asks the provider first; if it dies on the way, the background takes over after this long."""


@attrs.frozen(kw_only=True)
class DisconnectCommand:
    """Which service; with `whole_account` also the user's other services of the same account at the provider.

    The flow only says which page to go back to.
    """

    visitor: Visitor
    connector: str
    whole_account: bool = False
    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class Disconnected:
    """Back to this page; `outcome` is None when nothing was connected."""

    flow_id: FlowId | None
    outcome: ForgetOutcome | None


@attrs.frozen(kw_only=True)
class Dropped:
    """A link that is gone here, and what its provider is still to be told."""

    spec: ConnectorSpec
    link: ConnectorLink
    revocation: Revocation


@attrs.frozen(kw_only=True)
class Disconnect:
    """Drop links and tokens at once, then ask the provider to forget, and tell the user how that went.

    Doing it twice is harmless: the second time there is nothing to drop.

    Raises:
        NotSignedIn: there is no live session.
        FlowNotOpen: a flow was named that is not open, or not this user's in this browser.
        UnknownConnector: no such connector.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    owe_revocation: OweRevocation
    tell_provider: TellProvider
    tell_user: TellUser
    clock: Clock
    policy: Policy

    async def __call__(self, command: DisconnectCommand) -> Disconnected:
        spec = require_known(self.catalogue, command.connector, command.flow_id)
        now = self.clock.now()
        async with self.unit_of_work() as work:
            me = await require_signed_in(work, command.visitor, now, self.policy)
            if command.flow_id is not None:
                await require_open_flow(work, command.flow_id, me, command.visitor, now)
            links = await self._remove(work, spec, me, whole_account=command.whole_account)
            # Planned once all are gone, so that the last of an account may revoke.
            dropped = [await self._drop(work, link, spec, now) for link in links]
            await work.commit()
        outcomes = [await self._tell(me, one, now) for one in dropped]
        return Disconnected(flow_id=command.flow_id, outcome=outcomes[0] if outcomes else None)

    async def _remove(
        self, work: UnitOfWork, spec: ConnectorSpec, me: SignedIn, *, whole_account: bool
    ) -> list[ConnectorLink]:
        link = await work.connector_links.remove(me.user.id, spec.key)
        if link is None:
            return []
        removed = [link]
        for other in await work.connector_links.sharing(link.provider, link.account.subject):
            if whole_account and other.user_id == me.user.id:
                await work.connector_links.remove(me.user.id, other.connector)
                removed.append(other)
        return removed

    async def _drop(self, work: UnitOfWork, link: ConnectorLink, fallback: ConnectorSpec, now: datetime) -> Dropped:
        spec = self.catalogue.get(link.connector) or fallback
        revocation = await self.owe_revocation.of_link(work, spec, link, now=now, head_start=HEAD_START)
        return Dropped(spec=spec, link=link, revocation=revocation)

    async def _tell(self, me: SignedIn, dropped: Dropped, now: datetime) -> ForgetOutcome:
        outcome = outcome_without_asking(dropped.revocation.plan)
        if dropped.revocation.plan.asks_something:
            outcome = await self.tell_provider(dropped.spec, dropped.revocation)
        async with self.unit_of_work() as work:
            await self.tell_user(
                work, me, dropped.link, ActivityKind.DISCONNECTED, NoticeKind.DISCONNECTED, detail=outcome, at=now
            )
            await work.commit()
        return outcome
