"""Registered MCP clients."""

from __future__ import annotations

from typing import Protocol

from pip_hub.domain.client import Client
from pip_hub.domain.identifiers import ClientId


class Clients(Protocol):
    """Registered MCP clients."""

    async def add(self, client: Client) -> None:
        """Keep a new client; its id is fresh."""
        ...

    async def get(self, client_id: ClientId) -> Client | None: ...
