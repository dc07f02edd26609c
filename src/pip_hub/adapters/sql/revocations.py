"""Provider revocations still owed, in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.organisations import organisation_columns, organisation_in
from pip_hub.adapters.sql.tables import revocations
from pip_hub.domain.identifiers import ProviderKey, RevocationId, UserId
from pip_hub.domain.revocation import Revocation


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
            .order_by(revocations.c.next_try_at, revocations.c.created_at, revocations.c.id)
        )
        return tuple(revocation_in(row) for row in await self._connection.many(statement))

    async def of_user(self, user_id: UserId) -> tuple[Revocation, ...]:
        statement = (
            select(revocations)
            .where(revocations.c.user_id == user_id)
            .order_by(revocations.c.created_at, revocations.c.id)
        )
        return tuple(revocation_in(row) for row in await self._connection.many(statement))

    async def owed(self, provider: ProviderKey, subject: str) -> tuple[Revocation, ...]:
        statement = (
            select(revocations)
            .where(revocations.c.provider == provider, revocations.c.subject == subject)
            .order_by(revocations.c.created_at, revocations.c.id)
        )
        return tuple(revocation_in(row) for row in await self._connection.many(statement))

    async def postpone(self, revocation: Revocation) -> None:
        await self._connection.run(
            revocations.update()
            .where(revocations.c.id == revocation.id)
            .values(tries=revocation.tries, next_try_at=revocation.next_try_at)
        )

    async def settle(self, revocation_id: RevocationId) -> Revocation | None:
        row = await self._connection.one(
            revocations.delete().where(revocations.c.id == revocation_id).returning(revocations)
        )
        return revocation_in(row) if row else None


def row_of(revocation: Revocation) -> dict[str, Any]:
    """The revocation as a row."""
    return {
        "id": revocation.id,
        "grant_id": revocation.grant_id,
        "provider": revocation.provider,
        "subject": revocation.subject,
        "user_id": revocation.user_id,
        "connector": revocation.connector,
        "plan": revocation.plan,
        "account": revocation.account,
        **organisation_columns(revocation.organisation),
        "sealed_tokens": revocation.sealed_tokens,
        "created_at": revocation.created_at,
        "next_try_at": revocation.next_try_at,
        "tries": revocation.tries,
    }


def revocation_in(row: RowMapping) -> Revocation:
    """The revocation in a row."""
    return Revocation(
        id=row["id"],
        grant_id=row["grant_id"],
        provider=row["provider"],
        subject=row["subject"],
        user_id=row["user_id"],
        connector=row["connector"],
        plan=row["plan"],
        account=row["account"],
        organisation=organisation_in(row),
        sealed_tokens=row["sealed_tokens"],
        created_at=row["created_at"],
        next_try_at=row["next_try_at"],
        tries=row["tries"],
    )
