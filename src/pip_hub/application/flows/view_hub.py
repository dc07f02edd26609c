"""Show the Integrations Hub, inside a flow or as the manage page."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.application.accounts.visitor import SignedIn, Visitor, require_signed_in
from pip_hub.application.flows.answered import AlreadyAnswered, AnswerAgain, AnsweredFlow
from pip_hub.application.flows.client_card import ClientCard
from pip_hub.application.flows.connector_cards import ConnectorCard, DealCards
from pip_hub.application.flows.ownership import require_flow
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.errors import FlowNotOpen
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.mcp_flow import AuthorizationRequest, McpFlow
from pip_hub.domain.notice import Notice
from pip_hub.domain.scope import Scopes


@attrs.frozen(kw_only=True)
class ViewHubCommand:
    """`take_notices` is for the page that shows them; a status call leaves them waiting."""

    visitor: Visitor
    flow_id: FlowId | None = None
    take_notices: bool = True


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
class StillTelling:
    """A disconnection that its provider has not confirmed yet."""

    connector_name: str
    provider_name: str
    account: str
    since: datetime


@attrs.frozen(kw_only=True)
class HubView:
    """Everything on the hub page. Without a flow it is the manage page."""

    email: str
    flow: FlowCard | None
    connectors: tuple[ConnectorCard, ...]
    notices: tuple[Notice, ...]
    still_telling: tuple[StillTelling, ...]

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
    deal_cards: DealCards
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
        cards = await self.deal_cards(work, me.user.id)
        still_telling = await self._still_telling(work, me)
        notices = await work.notices.take(me.session.digest) if command.take_notices else ()
        await work.commit()
        return HubView(
            email=me.user.email.value,
            flow=flow_card,
            connectors=cards,
            notices=notices,
            still_telling=still_telling,
        )

    async def _still_telling(self, work: UnitOfWork, me: SignedIn) -> tuple[StillTelling, ...]:
        return tuple(
            StillTelling(
                connector_name=spec.name,
                provider_name=spec.provider_name,
                account=owed.account,
                since=owed.created_at,
            )
            for owed in await work.revocations.of_user(me.user.id)
            if (spec := self.catalogue.get(owed.connector)) is not None
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
