"""Sealed provider tokens, in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import ColumnElement, RowMapping, or_, select

from pip_hub.adapters.sql.accounts import hold_account
from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import provider_grants as grants
from pip_hub.domain.identifiers import ProviderGrantId, ProviderKey
from pip_hub.domain.provider_grant import ProviderGrant


@attrs.frozen
class SqlProviderGrants:
    """Sealed provider tokens."""

    _connection: SqlConnection

    async def put(self, grant: ProviderGrant) -> None:
        await hold_account(self._connection, grant.provider, grant.subject)
        row = row_of(grant)
        goes_on = {"generation": grants.c.generation + 1, "lease_until": None}
        statement = self._connection.insert(grants).values(row)
        await self._connection.run(statement.on_conflict_do_update(index_elements=["id"], set_=row | goes_on))

    async def get(self, grant_id: ProviderGrantId) -> ProviderGrant | None:
        row = await self._connection.one(select(grants).where(grants.c.id == grant_id))
        return provider_grant_in(row) if row else None

    async def lease(
        self, grant_id: ProviderGrantId, generation: int, at: datetime, until: datetime
    ) -> ProviderGrant | None:
        row = await self._connection.one(
            grants.update()
            .where(
                grants.c.id == grant_id,
                grants.c.generation == generation,
                or_(grants.c.lease_until.is_(None), grants.c.lease_until <= at),
            )
            .values(lease_until=until)
            .returning(grants)
        )
        return provider_grant_in(row) if row else None

    async def replace(self, leased: ProviderGrant, renewed: ProviderGrant) -> bool:
        changed = await self._connection.count(grants.update().where(*_lease_of(leased)).values(row_of(renewed)))
        return changed == 1

    async def end_lease(self, leased: ProviderGrant, pause_until: datetime | None = None) -> None:
        await self._connection.run(grants.update().where(*_lease_of(leased)).values(lease_until=pause_until))

    async def remove(self, grant_id: ProviderGrantId) -> ProviderGrant | None:
        row = await self._connection.one(grants.delete().where(grants.c.id == grant_id).returning(grants))
        return provider_grant_in(row) if row else None

    async def idle(self, provider: ProviderKey, before: datetime, limit: int) -> tuple[ProviderGrant, ...]:
        statement = (
            select(grants)
            .where(grants.c.provider == provider, grants.c.refreshed_at < before)
            .order_by(grants.c.refreshed_at, grants.c.id)
            .limit(limit)
        )
        return tuple(provider_grant_in(row) for row in await self._connection.many(statement))


def _lease_of(leased: ProviderGrant) -> tuple[ColumnElement[bool], ...]:
    """The row, while this very lease is on it."""
    return (
        grants.c.id == leased.id,
        grants.c.generation == leased.generation,
        grants.c.lease_until == leased.lease_until,
    )


def row_of(grant: ProviderGrant) -> dict[str, Any]:
    """The grant as a row."""
    return {
        "id": grant.id,
        "provider": grant.provider,
        "subject": grant.subject,
        "sealed_tokens": grant.sealed_tokens,
        "generation": grant.generation,
        "refreshed_at": grant.refreshed_at,
        "lease_until": grant.lease_until,
    }


def provider_grant_in(row: RowMapping) -> ProviderGrant:
    """The grant in a row."""
    return ProviderGrant(
        id=row["id"],
        provider=row["provider"],
        subject=row["subject"],
        sealed_tokens=row["sealed_tokens"],
        generation=row["generation"],
        refreshed_at=row["refreshed_at"],
        lease_until=row["lease_until"],
    )
