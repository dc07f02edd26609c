"""Reconnect with less: the only way to make some providers hold less than they were once granted."""

from __future__ import annotations

import attrs

from pip_hub.application.accounts.visitor import Visitor, require_signed_in
from pip_hub.application.connectors.choice import require_available
from pip_hub.application.connectors.disconnect import HEAD_START
from pip_hub.application.connectors.owe_revocation import OweRevocation
from pip_hub.application.connectors.send_to_provider import LeaveForProvider, SendToProvider
from pip_hub.application.connectors.tell_provider import TellProvider
from pip_hub.application.connectors.tell_user import TellUser
from pip_hub.application.flows.ownership import require_open_flow
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.errors import GrantIsShared, NotConnected
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.notice import NoticeKind
from pip_hub.domain.revocation import ForgetOutcome, ForgetPlan


@attrs.frozen(kw_only=True)
class ReconnectNarrowerCommand:
    """Which service, on which page; the level stays the one the link has now."""

    visitor: Visitor
    connector: str
    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class NotNarrowedYet:
    """The provider has not revoked the old, wider grant, so asking for less now would not make it hold less.

    The link is gone and the banner says so; back to the page.
    """

    flow_id: FlowId | None


@attrs.frozen(kw_only=True)
class ReconnectNarrower:
    """Disconnect, have the provider forget everything it granted, and send the user back for just their level.

    Raises:
        NotSignedIn: there is no live session.
        FlowNotOpen: a flow was named that is not open, or not this user's in this browser.
        UnknownConnector, ConnectorUnavailable: see the types.
        NotConnected: there is no link.
        GrantIsShared: revoking would disconnect others that hang on the same grant.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    owe_revocation: OweRevocation
    tell_provider: TellProvider
    tell_user: TellUser
    send_to_provider: SendToProvider
    clock: Clock
    policy: Policy

    async def __call__(self, command: ReconnectNarrowerCommand) -> LeaveForProvider | NotNarrowedYet:
        spec = require_available(self.catalogue, command.connector, command.flow_id)
        prepared = await self.send_to_provider.prepare()
        now = self.clock.now()
        async with self.unit_of_work() as work:
            me = await require_signed_in(work, command.visitor, now, self.policy)
            if command.flow_id is not None:
                await require_open_flow(work, command.flow_id, me, command.visitor, now)
            link = await work.connector_links.remove(me.user.id, spec.key)
            if link is None:
                raise NotConnected(name=spec.name, flow_id=command.flow_id)
            revocation = await self.owe_revocation.of_link(work, spec, link, now=now, head_start=HEAD_START)
            if revocation.plan in {ForgetPlan.KEEP, ForgetPlan.REMOVE_ORGANISATION}:
                raise GrantIsShared(provider_name=spec.provider_name, flow_id=command.flow_id)
            await work.connection_attempts.add(
                self.send_to_provider.attempt(prepared, spec, me, level=link.level, flow_id=command.flow_id, now=now)
            )
            await work.commit()
        outcome = ForgetOutcome.NOT_OFFERED
        if revocation.plan.asks_something:
            outcome = await self.tell_provider(spec, revocation)
        async with self.unit_of_work() as work:
            await self.tell_user(
                work, me, link, ActivityKind.DISCONNECTED, NoticeKind.DISCONNECTED, detail=outcome, at=now
            )
            await work.commit()
        if outcome not in {ForgetOutcome.REVOKED, ForgetOutcome.ALREADY_GONE}:
            return NotNarrowedYet(flow_id=command.flow_id)
        return self.send_to_provider.leave(prepared, spec, link.level, None)
