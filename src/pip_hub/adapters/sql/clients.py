"""MCP clients, in SQL."""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import clients
from pip_hub.domain.client import Client
from pip_hub.domain.identifiers import ClientId


@attrs.frozen
class SqlClients:
    """Registered MCP clients."""

    _connection: SqlConnection

    async def add(self, client: Client) -> None:
        await self._connection.run(clients.insert().values(row_of(client)))

    async def get(self, client_id: ClientId) -> Client | None:
        row = await self._connection.one(select(clients).where(clients.c.id == client_id))
        return client_in(row) if row else None


def row_of(client: Client) -> dict[str, Any]:
    """The client as a row."""
    return {
        "id": client.id,
        "name": client.name,
        "redirect_uris": client.redirect_uris,
        "auth_method": client.auth_method,
        "secret_digest": client.secret_digest,
        "client_uri": client.client_uri,
        "created_at": client.created_at,
    }


def client_in(row: RowMapping) -> Client:
    """The client in a row."""
    return Client(
        id=row["id"],
        name=row["name"],
        redirect_uris=row["redirect_uris"],
        auth_method=row["auth_method"],
        secret_digest=row["secret_digest"],
        client_uri=row["client_uri"],
        created_at=row["created_at"],
    )
