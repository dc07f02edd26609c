"""Trips to providers, in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import connection_attempts as attempts
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.secret import Digest


@attrs.frozen
class SqlConnectionAttempts:
    """Trips to providers."""

    _connection: SqlConnection

    async def add(self, attempt: ConnectionAttempt) -> None:
        await self._connection.run(attempts.insert().values(row_of(attempt)))

    async def get(self, state_digest: Digest) -> ConnectionAttempt | None:
        row = await self._connection.one(select(attempts).where(attempts.c.state_digest == state_digest))
        return attempt_in(row) if row else None

    async def take(self, state_digest: Digest, at: datetime) -> ConnectionAttempt | None:
        row = await self._connection.one(
            attempts.update()
            .where(
                attempts.c.state_digest == state_digest,
                attempts.c.taken_at.is_(None),
                attempts.c.expires_at > at,
            )
            .values(taken_at=at)
            .returning(attempts)
        )
        return attempt_in(row) if row else None


def row_of(attempt: ConnectionAttempt) -> dict[str, Any]:
    """The attempt as a row."""
    return {
        "state_digest": attempt.state_digest,
        "user_id": attempt.user_id,
        "session": attempt.session,
        "flow_id": attempt.flow_id,
        "connector": attempt.connector,
        "level": attempt.level,
        "sealed_trip": attempt.sealed_trip,
        "created_at": attempt.created_at,
        "expires_at": attempt.expires_at,
        "taken_at": attempt.taken_at,
    }


def attempt_in(row: RowMapping) -> ConnectionAttempt:
    """The attempt in a row."""
    return ConnectionAttempt(
        state_digest=row["state_digest"],
        user_id=row["user_id"],
        session=row["session"],
        flow_id=row["flow_id"],
        connector=row["connector"],
        level=row["level"],
        sealed_trip=row["sealed_trip"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        taken_at=row["taken_at"],
    )
