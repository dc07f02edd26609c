"""The ends of a flow that the hub page can reach."""

from __future__ import annotations

import attrs

from pip_hub.application.flows.client_card import ClientCard
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import UnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.authorization_code import AuthorizationCode
from pip_hub.domain.errors import CannotOpen, FlowNotOpen
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.mcp_flow import FlowOutcome, McpFlow


@attrs.frozen(kw_only=True)
class ReturnToClient:
    """Send the browser there: the client's answer."""

    url: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class AlreadyAnswered:
    """The flow had been closed before: a double click, a reload, the back button.

    `way_back` is the same answer again while the client has not used it, so that a lost redirect strands nobody.
    """

    outcome: FlowOutcome
    client: ClientCard
    way_back: str | None = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class AnsweredFlow:
    """What has to be read about a closed flow inside the unit; `AlreadyAnswered` is made of it outside."""

    flow: McpFlow
    outcome: FlowOutcome
    client: ClientCard
    code: AuthorizationCode | None

    @classmethod
    async def read(cls, work: UnitOfWork, flow_id: FlowId) -> AnsweredFlow:
        """Read a flow that could not be closed again: of two clicks at once, the loser sees how the winner ended it.

        Raises:
            FlowNotOpen: nobody closed it, so it has expired; or its client was removed.
        """
        flow = await work.flows.get(flow_id)
        if flow is None or flow.outcome is None:
            raise FlowNotOpen(reason="expired flow")
        client = await work.clients.get(flow.request.client_id)
        if client is None:
            raise FlowNotOpen(reason="the client was removed meanwhile")
        return cls(
            flow=flow,
            outcome=flow.outcome,
            client=ClientCard.of(client, flow.request.redirect_uri),
            code=await work.authorization_codes.of_flow(flow.id),
        )


@attrs.frozen(kw_only=True)
class AnswerAgain:
    """Build the page for a flow that was answered before."""

    vault: Vault
    clock: Clock
    policy: Policy

    async def __call__(self, answered: AnsweredFlow) -> AlreadyAnswered:
        return AlreadyAnswered(
            outcome=answered.outcome, client=answered.client, way_back=await self._way_back(answered)
        )

    async def _way_back(self, answered: AnsweredFlow) -> str | None:
        request, code = answered.flow.request, answered.code
        if answered.outcome is FlowOutcome.CANCELLED:
            return request.answer_url(self.policy.issuer, error="access_denied")
        if code is None or code.sealed_code is None or not code.is_live(self.clock.now()):
            return None
        try:
            secret = await self.vault.open(code.sealed_code, code.vault_context)
        except CannotOpen:  # the operator took the key away: the page still tells what became of the flow
            return None
        return request.answer_url(self.policy.issuer, code=secret.reveal())
