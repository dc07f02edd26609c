"""Choose which organisation a connection is for."""

from __future__ import annotations

import attrs

from pip_hub.application.accounts.visitor import Visitor, require_signed_in
from pip_hub.application.connectors.choice import require_known
from pip_hub.application.connectors.tell_user import TellUser
from pip_hub.application.flows.ownership import require_open_flow
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.connector_link import Attention
from pip_hub.domain.errors import NotConnected, UnknownOrganisation
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.notice import NoticeKind


@attrs.frozen(kw_only=True)
class ChooseOrganisationCommand:
    """Which organisation (its id at the provider), of which service, on which page."""

    visitor: Visitor
    connector: str
    organisation: str
    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class OrganisationChosen:
    """Back to the page."""

    flow_id: FlowId | None


@attrs.frozen(kw_only=True)
class ChooseOrganisation:
    """Point a link at one of the organisations its account reaches. Until there is one, nothing is released.

    Raises:
        NotSignedIn: there is no live session.
        FlowNotOpen: a flow was named that is not open, or not this user's in this browser.
        UnknownConnector: no such connector.
        NotConnected: there is no link.
        UnknownOrganisation: not one of the account's.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    tell_user: TellUser
    clock: Clock
    policy: Policy

    async def __call__(self, command: ChooseOrganisationCommand) -> OrganisationChosen:
        spec = require_known(self.catalogue, command.connector, command.flow_id)
        now = self.clock.now()
        async with self.unit_of_work() as work:
            me = await require_signed_in(work, command.visitor, now, self.policy)
            if command.flow_id is not None:
                await require_open_flow(work, command.flow_id, me, command.visitor, now)
            link = await work.connector_links.hold(me.user.id, spec.key)
            if link is None:
                raise NotConnected(name=spec.name, flow_id=command.flow_id)
            chosen = next((one for one in link.organisations if one.id == command.organisation), None)
            if chosen is None:
                raise UnknownOrganisation(flow_id=command.flow_id)
            is_settled = link.attention is not Attention.GRANT_ENDED
            pointed = attrs.evolve(
                link,
                account=attrs.evolve(link.account, organisation=chosen),
                attention=None if is_settled else link.attention,
            )
            await work.connector_links.put(pointed)
            await self.tell_user(
                work, me, pointed, ActivityKind.ORGANISATION_CHOSEN, NoticeKind.ORGANISATION_CHOSEN, detail=None, at=now
            )
            await work.commit()
        return OrganisationChosen(flow_id=command.flow_id)
