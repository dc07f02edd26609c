"""Flows and trips to providers, in memory."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.adapters.memory.tables import Tables, insert
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.mcp_flow import FlowOutcome, McpFlow
from pip_hub.domain.secret import Digest


@attrs.frozen
class MemoryFlows:
    """Authorization requests under way."""

    _tables: Tables

    async def add(self, flow: McpFlow) -> None:
        insert(self._tables.flows, flow.id, flow)

    async def get(self, flow_id: FlowId) -> McpFlow | None:
        return self._tables.flows.get(flow_id)

    async def close(self, flow_id: FlowId, outcome: FlowOutcome, at: datetime) -> McpFlow | None:
        flow = self._tables.flows.get(flow_id)
        if flow is None or not flow.is_open(at):
            return None
        self._tables.flows[flow_id] = closed = flow.closed(outcome, at)
        return closed


@attrs.frozen
class MemoryConnectionAttempts:
    """Trips to providers."""

    _tables: Tables

    async def add(self, attempt: ConnectionAttempt) -> None:
        insert(self._tables.connection_attempts, attempt.state_digest, attempt)

    async def get(self, state_digest: Digest) -> ConnectionAttempt | None:
        return self._tables.connection_attempts.get(state_digest)

    async def take(self, state_digest: Digest, at: datetime) -> ConnectionAttempt | None:
        attempt = self._tables.connection_attempts.get(state_digest)
        if attempt is None or not attempt.is_open(at):
            return None
        self._tables.connection_attempts[state_digest] = taken = attrs.evolve(attempt, taken_at=at)
        return taken
