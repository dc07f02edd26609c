"""Show the Integrations Hub, inside a flow or as the manage page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from pip_hub.application.accounts.visitor import SignedIn, Visitor, require_signed_in
from pip_hub.application.flows.answered import AlreadyAnswered, AnswerAgain, AnsweredFlow
from pip_hub.application.flows.client_card import ClientCard
from pip_hub.application.flows.ownership import require_flow
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.domain.connector import ConnectorCatalogue, ConnectorSpec
from pip_hub.domain.connector_link import ConnectorLink, LinkStatus
from pip_hub.domain.errors import FlowNotOpen
from pip_hub.domain.identifiers import ConnectorKey, FlowId
from pip_hub.domain.mcp_flow import AuthorizationRequest, McpFlow
from pip_hub.domain.notice import Notice
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes


@attrs.frozen(kw_only=True)
class ViewHubCommand:
    """`take_notices` is for the page that shows them; a status call leaves them waiting."""

    visitor: Visitor
    flow_id: FlowId | None = None
    take_notices: bool = True


@attrs.frozen(kw_only=True)
class ConnectorCard:
    """One connector as the page shows it."""

    key: ConnectorKey
    name: str
    pitch: str
    icon: str
    notice: str | None
    provider_name: str
    status: LinkStatus
    levels: tuple[Level, ...]
    required: bool
    account: str | None = None
    email: str | None = None
    level: Level | None = None
    granted: Scopes = attrs.field(factory=Scopes)
    connected_at: datetime | None = None
    last_used_at: datetime | None = None
    attention: str | None = None

    @property
    def is_connected(self) -> bool:
        """Whether there is a link, in whatever state."""
        return self.connected_at is not None


@attrs.frozen(kw_only=True)
class FlowCard:
    """The flow the page belongs to: who asks, for what, until when.

    `request` lets a person start over with another account; its `state` is the client's, so it is never shown.
    """

    id: FlowId
    client: ClientCard
    request: AuthorizationRequest
    resource_name: str
    resource_uri: str
    scopes: Scopes
    expires_at: datetime


@attrs.frozen(kw_only=True)
class HubView:
    """Everything on the hub page. Without a flow it is the manage page."""

    email: str
    flow: FlowCard | None
    connectors: tuple[ConnectorCard, ...]
    notices: tuple[Notice, ...]

    @property
    def missing(self) -> tuple[ConnectorCard, ...]:
        """Connectors the operator requires and the user has not connected."""
        return tuple(card for card in self.connectors if card.required and not card.is_connected)

    @property
    def can_skip(self) -> bool:
        """Skip is offered when nothing is connected and nothing has to be."""
        return not self.missing and not any(card.is_connected for card in self.connectors)


@attrs.frozen(kw_only=True)
class ViewHub:
    """Gather the hub page for the signed-in user.

    A flow of theirs that was answered before, reached by the back button or a reload, is told as what it is.

    Raises:
        NotSignedIn: there is no live session.
        FlowNotOpen: the flow is unknown, expired, or not this user's in this browser.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    answer_again: AnswerAgain
    clock: Clock
    policy: Policy

    async def __call__(self, command: ViewHubCommand) -> HubView | AlreadyAnswered:
        now = self.clock.now()
        async with self.unit_of_work() as work:
            me = await require_signed_in(work, command.visitor, now, self.policy)
            flow = None
            if command.flow_id is not None:
                flow = await require_flow(work, command.flow_id, me, command.visitor)
            if flow is None or flow.is_open(now):
                return await self._hub(work, me, flow, command)
            answered = await AnsweredFlow.read(work, flow.id)
        return await self.answer_again(answered)

    async def _hub(self, work: UnitOfWork, me: SignedIn, flow: McpFlow | None, command: ViewHubCommand) -> HubView:
        flow_card = await _flow_card(work, flow) if flow is not None else None
        links = {link.connector: link for link in await work.connector_links.of_user(me.user.id)}
        notices = await work.notices.take(me.session.digest) if command.take_notices else ()
        await work.commit()
        return HubView(
            email=me.user.email.value,
            flow=flow_card,
            connectors=tuple(self._card(spec, links) for spec in self.catalogue),
            notices=notices,
        )

    def _card(self, spec: ConnectorSpec, links: Mapping[ConnectorKey, ConnectorLink]) -> ConnectorCard:
        card = ConnectorCard(
            key=spec.key,
            name=spec.name,
            pitch=spec.pitch,
            icon=spec.icon,
            notice=spec.notice,
            provider_name=spec.provider_name,
            status=LinkStatus.NOT_CONNECTED if spec.available else LinkStatus.UNAVAILABLE,
            levels=tuple(level for level in Level if spec.offers(level)),
            required=spec.key in self.policy.required_connectors,
        )
        link = links.get(spec.key)
        if link is None:
            return card
        return attrs.evolve(
            card,
            status=link.status(spec),
            account=link.account.label,
            email=link.account.email,
            level=link.level,
            granted=link.granted,
            connected_at=link.connected_at,
            last_used_at=link.last_used_at,
            attention=link.attention,
        )


async def _flow_card(work: UnitOfWork, flow: McpFlow) -> FlowCard:
    client = await work.clients.get(flow.request.client_id)
    resource = await work.resources.by_uri(flow.request.resource)
    if client is None or resource is None:
        raise FlowNotOpen(reason="the client or the resource was removed meanwhile")
    return FlowCard(
        id=flow.id,
        client=ClientCard.of(client, flow.request.redirect_uri),
        request=flow.request,
        resource_name=resource.name,
        resource_uri=resource.uri,
        scopes=flow.request.scopes,
        expires_at=flow.expires_at,
    )
