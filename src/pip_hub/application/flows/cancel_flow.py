"""Cancel a flow."""

from __future__ import annotations

import attrs

from pip_hub.application.accounts.visitor import Visitor, require_signed_in
from pip_hub.application.flows.answered import AlreadyAnswered, AnswerAgain, AnsweredFlow, ReturnToClient
from pip_hub.application.flows.ownership import require_flow
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.mcp_flow import FlowOutcome


@attrs.frozen(kw_only=True)
class CancelFlowCommand:
    """Who pressed Cancel, in which flow."""

    visitor: Visitor
    flow_id: FlowId


@attrs.frozen(kw_only=True)
class CancelFlow:
    """Refuse the client: it gets `access_denied` (RFC 6749 4.1.2.1). What was connected stays connected.

    Raises:
        NotSignedIn: there is no live session.
        FlowNotOpen: unknown, expired, or not this user's in this browser.
    """

    unit_of_work: OpenUnitOfWork
    answer_again: AnswerAgain
    clock: Clock
    policy: Policy

    async def __call__(self, command: CancelFlowCommand) -> ReturnToClient | AlreadyAnswered:
        now = self.clock.now()
        async with self.unit_of_work() as work:
            me = await require_signed_in(work, command.visitor, now, self.policy)
            flow = await require_flow(work, command.flow_id, me, command.visitor)
            closed = await work.flows.close(flow.id, FlowOutcome.CANCELLED, now)
            if closed is not None:
                await work.commit()
                return ReturnToClient(url=closed.request.answer_url(self.policy.issuer, error="access_denied"))
            answered = await AnsweredFlow.read(work, flow.id)
        return await self.answer_again(answered)
