"""Sealed provider tokens, in SQL."""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import provider_grants
from pip_hub.domain.identifiers import ProviderGrantId, ProviderKey
from pip_hub.domain.provider_grant import ProviderGrant


@attrs.frozen
class SqlProviderGrants:
    """Sealed provider tokens."""

    _connection: SqlConnection

    async def add(self, grant: ProviderGrant) -> None:
        await self._connection.run(provider_grants.insert().values(row_of(grant)))

    async def get(self, grant_id: ProviderGrantId) -> ProviderGrant | None:
        row = await self._connection.one(select(provider_grants).where(provider_grants.c.id == grant_id))
        return provider_grant_in(row) if row else None

    async def sharing(self, provider: ProviderKey, subject: str) -> tuple[ProviderGrant, ...]:
        # FOR UPDATE does nothing on SQLite, where the whole unit is alone anyway. The one order, by id, keeps two
        # units from locking each other out.
        statement = (
            select(provider_grants)
            .where(provider_grants.c.provider == provider, provider_grants.c.subject == subject)
            .order_by(provider_grants.c.id)
            .with_for_update()
        )
        return tuple(provider_grant_in(row) for row in await self._connection.many(statement))

    async def remove(self, grant_id: ProviderGrantId) -> ProviderGrant | None:
        row = await self._connection.one(
            provider_grants.delete().where(provider_grants.c.id == grant_id).returning(provider_grants)
        )
        return provider_grant_in(row) if row else None


def row_of(grant: ProviderGrant) -> dict[str, Any]:
    """The grant as a row."""
    return {
        "id": grant.id,
        "provider": grant.provider,
        "subject": grant.subject,
        "user_id": grant.user_id,
        "connector": grant.connector,
        "organisation_id": grant.organisation_id,
        "sealed_tokens": grant.sealed_tokens,
        "generation": grant.generation,
        "created_at": grant.created_at,
    }


def provider_grant_in(row: RowMapping) -> ProviderGrant:
    """The grant in a row."""
    return ProviderGrant(
        id=row["id"],
        provider=row["provider"],
        subject=row["subject"],
        user_id=row["user_id"],
        connector=row["connector"],
        organisation_id=row["organisation_id"],
        sealed_tokens=row["sealed_tokens"],
        generation=row["generation"],
        created_at=row["created_at"],
    )
