"""Authorization requests under way."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.mcp_flow import FlowOutcome, McpFlow


class Flows(Protocol):
    """Authorization requests under way."""

    async def add(self, flow: McpFlow) -> None: ...

    async def get(self, flow_id: FlowId) -> McpFlow | None:
        """Also a closed or expired one."""
        ...

    async def close(self, flow_id: FlowId, outcome: FlowOutcome, at: datetime) -> McpFlow | None:
        """Spend the flow if it is open at `at`, and answer it closed.

        Exactly one caller ever gets it; None for all others, and for an unknown or expired flow.
        """
        ...
