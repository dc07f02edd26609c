"""Approvals, in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import RowMapping, Table, func, literal, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import access_tokens, authorization_codes, grants, refresh_tokens
from pip_hub.domain.grant import Grant
from pip_hub.domain.identifiers import GrantId
from pip_hub.domain.secret import Digest


@attrs.frozen
class SqlGrants:
    """Approvals."""

    _connection: SqlConnection

    async def add(self, grant: Grant) -> None:
        await self._connection.run(grants.insert().values(row_of(grant)))

    async def get(self, grant_id: GrantId) -> Grant | None:
        row = await self._connection.one(select(grants).where(grants.c.id == grant_id))
        return grant_in(row) if row else None

    async def revoke(self, grant_id: GrantId, at: datetime) -> None:
        # The grant first, and also when it has ended already: its lock is what `hold_grant_of` waits for.
        await self._connection.run(
            grants.update()
            .where(grants.c.id == grant_id)
            .values(revoked_at=func.coalesce(grants.c.revoked_at, literal(at, grants.c.revoked_at.type)))
        )
        await self._connection.run(
            authorization_codes.update()
            .where(authorization_codes.c.grant_id == grant_id, authorization_codes.c.redeemed_at.is_(None))
            .values(redeemed_at=at, sealed_code=None)
        )
        await self._connection.run(
            access_tokens.update()
            .where(access_tokens.c.grant_id == grant_id, access_tokens.c.revoked_at.is_(None))
            .values(revoked_at=at)
        )
        await self._connection.run(
            refresh_tokens.update()
            .where(refresh_tokens.c.grant_id == grant_id, refresh_tokens.c.rotated_at.is_(None))
            .values(rotated_at=at)
        )


async def hold_grant_of(connection: SqlConnection, hanging: Table, digest: Digest) -> None:
    """Let units that spend something of one grant, or end that grant, wait for each other.

    On PostgreSQL a revocation would not see the tokens that another unit, having just spent a code or a refresh token,
    is about to commit, and they would outlive their grant. SQLite has one unit at a time.
    """
    if connection.is_postgresql:
        await connection.run(
            select(grants.c.id)
            .join(hanging, hanging.c.grant_id == grants.c.id)
            .where(hanging.c.digest == digest)
            .with_for_update(of=grants, key_share=True)
        )


def row_of(grant: Grant) -> dict[str, Any]:
    """The grant as a row."""
    return {
        "id": grant.id,
        "user_id": grant.user_id,
        "client_id": grant.client_id,
        "redirect_uri": grant.redirect_uri,
        "scopes": grant.scopes,
        "resource": grant.resource,
        "created_at": grant.created_at,
        "revoked_at": grant.revoked_at,
    }


def grant_in(row: RowMapping) -> Grant:
    """The grant in a row."""
    return Grant(
        id=row["id"],
        user_id=row["user_id"],
        client_id=row["client_id"],
        redirect_uri=row["redirect_uri"],
        scopes=row["scopes"],
        resource=row["resource"],
        created_at=row["created_at"],
        revoked_at=row["revoked_at"],
    )
