"""Only the user who started a flow, in the browser that started it, may see or use it."""

from __future__ import annotations

from datetime import datetime

from pip_hub.application.accounts.visitor import SignedIn, Visitor
from pip_hub.application.ports.unit_of_work import UnitOfWork
from pip_hub.domain.errors import FlowNotOpen
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.mcp_flow import McpFlow


async def require_flow(work: UnitOfWork, flow_id: FlowId, me: SignedIn, visitor: Visitor) -> McpFlow:
    """The flow, open or not, if it is this user's in this browser.

    Raises:
        FlowNotOpen: it is unknown or somebody else's.
    """
    flow = await work.flows.get(flow_id)
    if flow is None:
        raise FlowNotOpen(reason="unknown flow")
    if not flow.belongs_to(me.user.id, visitor.browser_digest):
        raise FlowNotOpen(reason="another user's or another browser's flow")
    return flow


async def require_open_flow(
    work: UnitOfWork, flow_id: FlowId, me: SignedIn, visitor: Visitor, now: datetime
) -> McpFlow:
    """The flow, if it is open and this user's in this browser.

    Raises:
        FlowNotOpen: in every other case.
    """
    flow = await require_flow(work, flow_id, me, visitor)
    if not flow.is_open(now):
        raise FlowNotOpen(reason="expired or closed flow")
    return flow
