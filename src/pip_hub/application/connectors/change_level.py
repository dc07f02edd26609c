"""Change how much a connection may do."""

from __future__ import annotations

import attrs

from pip_hub.application.accounts.visitor import Visitor, require_signed_in
from pip_hub.application.connectors.choice import read_level, require_available
from pip_hub.application.connectors.send_to_provider import LeaveForProvider, SendToProvider
from pip_hub.application.connectors.tell_user import TellUser
from pip_hub.application.flows.ownership import require_open_flow
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.errors import NotConnected
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.notice import NoticeKind


@attrs.frozen(kw_only=True)
class ChangeLevelCommand:
    """Which service, to which level (a word from the form), on which page."""

    visitor: Visitor
    connector: str
    level: str
    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class LevelChanged:
    """Done on our side; back to the page."""

    flow_id: FlowId | None


@attrs.frozen(kw_only=True)
class ChangeLevel:
    """Lower or raise the level of a link at once, or send the user to the provider for scopes never granted.

    Lowering limits what leaves the vault from this moment on; what the provider still holds, the hub page tells.

    Raises:
        NotSignedIn: there is no live session.
        FlowNotOpen: a flow was named that is not open, or not this user's in this browser.
        UnknownConnector, ConnectorUnavailable, LevelNotOffered: see the types.
        NotConnected: there is no link.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    send_to_provider: SendToProvider
    tell_user: TellUser
    clock: Clock
    policy: Policy

    async def __call__(self, command: ChangeLevelCommand) -> LevelChanged | LeaveForProvider:
        spec = require_available(self.catalogue, command.connector, command.flow_id)
        level = read_level(spec, command.level, command.flow_id)
        prepared = await self.send_to_provider.prepare()
        now = self.clock.now()
        async with self.unit_of_work() as work:
            me = await require_signed_in(work, command.visitor, now, self.policy)
            if command.flow_id is not None:
                await require_open_flow(work, command.flow_id, me, command.visitor, now)
            link = await work.connector_links.hold(me.user.id, spec.key)
            if link is None:
                raise NotConnected(name=spec.name, flow_id=command.flow_id)
            is_lower = link.level.includes(level) and level is not link.level
            # Lowering never waits for a provider, even one that granted the wider scope without the narrower.
            needs_provider = not is_lower and bool(spec.scopes.missing(level, link.granted))
            if needs_provider:
                await work.connection_attempts.add(
                    self.send_to_provider.attempt(prepared, spec, me, level=level, flow_id=command.flow_id, now=now)
                )
            elif level is not link.level:
                await work.connector_links.put(attrs.evolve(link, level=level))
                await self.tell_user(
                    work, me, link, ActivityKind.LEVEL_CHANGED, NoticeKind.LEVEL_CHANGED, detail=level, at=now
                )
            await work.commit()
        if needs_provider:
            return self.send_to_provider.leave(prepared, spec, level, link)
        return LevelChanged(flow_id=command.flow_id)
