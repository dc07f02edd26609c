"""Authorization requests under way, in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import flows
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.mcp_flow import AuthorizationRequest, FlowOutcome, McpFlow


@attrs.frozen
class SqlFlows:
    """Authorization requests under way."""

    _connection: SqlConnection

    async def add(self, flow: McpFlow) -> None:
        await self._connection.run(flows.insert().values(row_of(flow)))

    async def get(self, flow_id: FlowId) -> McpFlow | None:
        row = await self._connection.one(select(flows).where(flows.c.id == flow_id))
        return flow_in(row) if row else None

    async def close(self, flow_id: FlowId, outcome: FlowOutcome, at: datetime) -> McpFlow | None:
        row = await self._connection.one(
            flows.update()
            .where(flows.c.id == flow_id, flows.c.outcome.is_(None), flows.c.expires_at > at)
            .values(outcome=outcome, closed_at=at)
            .returning(flows)
        )
        return flow_in(row) if row else None


def row_of(flow: McpFlow) -> dict[str, Any]:
    """The flow and its request as one row."""
    return {
        "id": flow.id,
        "user_id": flow.user_id,
        "browser": flow.browser,
        "client_id": flow.request.client_id,
        "redirect_uri": flow.request.redirect_uri,
        "state": flow.request.state,
        "challenge": flow.request.challenge,
        "scopes": flow.request.scopes,
        "resource": flow.request.resource,
        "created_at": flow.created_at,
        "expires_at": flow.expires_at,
        "outcome": flow.outcome,
        "closed_at": flow.closed_at,
    }


def flow_in(row: RowMapping) -> McpFlow:
    """The flow in a row."""
    request = AuthorizationRequest(
        client_id=row["client_id"],
        redirect_uri=row["redirect_uri"],
        state=row["state"],
        challenge=row["challenge"],
        scopes=row["scopes"],
        resource=row["resource"],
    )
    return McpFlow(
        id=row["id"],
        user_id=row["user_id"],
        browser=row["browser"],
        request=request,
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        outcome=row["outcome"],
        closed_at=row["closed_at"],
    )
