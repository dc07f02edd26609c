"""Access tokens, in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import access_tokens as tokens
from pip_hub.domain.grant import AccessToken
from pip_hub.domain.secret import Digest


@attrs.frozen
class SqlAccessTokens:
    """Access tokens."""

    _connection: SqlConnection

    async def add(self, token: AccessToken) -> None:
        await self._connection.run(tokens.insert().values(row_of(token)))

    async def get(self, digest: Digest) -> AccessToken | None:
        row = await self._connection.one(select(tokens).where(tokens.c.digest == digest))
        return access_token_in(row) if row else None

    async def revoke(self, digest: Digest, at: datetime) -> None:
        await self._connection.run(
            tokens.update().where(tokens.c.digest == digest, tokens.c.revoked_at.is_(None)).values(revoked_at=at)
        )


def row_of(token: AccessToken) -> dict[str, Any]:
    """The token as a row."""
    return {
        "digest": token.digest,
        "grant_id": token.grant_id,
        "scopes": token.scopes,
        "resource": token.resource,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }


def access_token_in(row: RowMapping) -> AccessToken:
    """The token in a row."""
    return AccessToken(
        digest=row["digest"],
        grant_id=row["grant_id"],
        scopes=row["scopes"],
        resource=row["resource"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
    )
