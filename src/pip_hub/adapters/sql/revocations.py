"""Provider revocations still owed, in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import revocations
from pip_hub.domain.identifiers import ProviderGrantId
from pip_hub.domain.provider_grant import Revocation


@attrs.frozen
class SqlRevocations:
    """Provider revocations still owed."""

    _connection: SqlConnection

    async def add(self, revocation: Revocation) -> None:
        await self._connection.run(revocations.insert().values(row_of(revocation)))

    async def due(self, at: datetime) -> tuple[Revocation, ...]:
        statement = (
            select(revocations)
            .where(revocations.c.next_try_at <= at)
            .order_by(revocations.c.next_try_at, revocations.c.created_at, revocations.c.grant_id)
        )
        return tuple(revocation_in(row) for row in await self._connection.many(statement))

    async def postpone(self, revocation: Revocation) -> None:
        await self._connection.run(
            revocations.update()
            .where(revocations.c.grant_id == revocation.grant_id)
            .values(tries=revocation.tries, next_try_at=revocation.next_try_at)
        )

    async def settle(self, grant_id: ProviderGrantId) -> None:
        await self._connection.run(revocations.delete().where(revocations.c.grant_id == grant_id))


def row_of(revocation: Revocation) -> dict[str, Any]:
    """The revocation as a row."""
    return {
        "grant_id": revocation.grant_id,
        "provider": revocation.provider,
        "subject": revocation.subject,
        "user_id": revocation.user_id,
        "connector": revocation.connector,
        "plan": revocation.plan,
        "organisation_id": revocation.organisation_id,
        "connection_id": revocation.connection_id,
        "sealed_tokens": revocation.sealed_tokens,
        "created_at": revocation.created_at,
        "next_try_at": revocation.next_try_at,
        "tries": revocation.tries,
    }


def revocation_in(row: RowMapping) -> Revocation:
    """The revocation in a row."""
    return Revocation(
        grant_id=row["grant_id"],
        provider=row["provider"],
        subject=row["subject"],
        user_id=row["user_id"],
        connector=row["connector"],
        plan=row["plan"],
        organisation_id=row["organisation_id"],
        connection_id=row["connection_id"],
        sealed_tokens=row["sealed_tokens"],
        created_at=row["created_at"],
        next_try_at=row["next_try_at"],
        tries=row["tries"],
    )
