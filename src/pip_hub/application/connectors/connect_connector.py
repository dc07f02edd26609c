"""Connect a service: the browser leaves for the provider."""

from __future__ import annotations

import attrs

from pip_hub.application.accounts.visitor import Visitor, require_signed_in
from pip_hub.application.connectors.choice import read_level, require_available
from pip_hub.application.connectors.send_to_provider import LeaveForProvider, SendToProvider
from pip_hub.application.flows.ownership import require_open_flow
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.identifiers import FlowId


@attrs.frozen(kw_only=True)
class ConnectConnectorCommand:
    """Which service, at which level (a word from the form), in which flow; no flow on the manage page."""

    visitor: Visitor
    connector: str
    level: str
    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class ConnectConnector:
    """Remember a trip to the provider, bound to user and session, and say where it leads.

    Also the way to connect again: to mend a link, or to have the provider ask for what is missing.

    Raises:
        NotSignedIn: there is no live session.
        FlowNotOpen: a flow was named that is not open, or not this user's in this browser.
        UnknownConnector, ConnectorUnavailable, LevelNotOffered: there is nothing to connect.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    send_to_provider: SendToProvider
    clock: Clock
    policy: Policy

    async def __call__(self, command: ConnectConnectorCommand) -> LeaveForProvider:
        spec = require_available(self.catalogue, command.connector, command.flow_id)
        level = read_level(spec, command.level, command.flow_id)
        prepared = await self.send_to_provider.prepare()
        now = self.clock.now()
        async with self.unit_of_work() as work:
            me = await require_signed_in(work, command.visitor, now, self.policy)
            if command.flow_id is not None:
                await require_open_flow(work, command.flow_id, me, command.visitor, now)
            link = await work.connector_links.get(me.user.id, spec.key)
            await work.connection_attempts.add(
                self.send_to_provider.attempt(prepared, spec, me, level=level, flow_id=command.flow_id, now=now)
            )
            await work.commit()
        return self.send_to_provider.leave(prepared, spec, level, link)
