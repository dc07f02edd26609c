"""Refresh tokens, in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.grants import hold_grant_of
from pip_hub.adapters.sql.tables import refresh_tokens as tokens
from pip_hub.domain.grant import RefreshToken
from pip_hub.domain.secret import Digest


@attrs.frozen
class SqlRefreshTokens:
    """Refresh tokens."""

    _connection: SqlConnection

    async def add(self, token: RefreshToken) -> None:
        await self._connection.run(tokens.insert().values(row_of(token)))

    async def get(self, digest: Digest) -> RefreshToken | None:
        row = await self._connection.one(select(tokens).where(tokens.c.digest == digest))
        return refresh_token_in(row) if row else None

    async def rotate(self, digest: Digest, at: datetime) -> RefreshToken | None:
        await hold_grant_of(self._connection, tokens, digest)
        row = await self._connection.one(
            tokens.update()
            .where(tokens.c.digest == digest, tokens.c.rotated_at.is_(None), tokens.c.expires_at > at)
            .values(rotated_at=at)
            .returning(tokens)
        )
        return refresh_token_in(row) if row else None


def row_of(token: RefreshToken) -> dict[str, Any]:
    """The token as a row."""
    return {
        "digest": token.digest,
        "grant_id": token.grant_id,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "rotated_at": token.rotated_at,
    }


def refresh_token_in(row: RowMapping) -> RefreshToken:
    """The token in a row."""
    return RefreshToken(
        digest=row["digest"],
        grant_id=row["grant_id"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        rotated_at=row["rotated_at"],
    )
