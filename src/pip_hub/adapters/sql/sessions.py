"""Browsers that have signed in, in SQL."""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import notices, sessions
from pip_hub.domain.secret import Digest
from pip_hub.domain.session import Session


@attrs.frozen
class SqlSessions:
    """Browsers that have signed in."""

    _connection: SqlConnection

    async def add(self, session: Session) -> None:
        await self._connection.run(sessions.insert().values(row_of(session)))

    async def get(self, digest: Digest) -> Session | None:
        row = await self._connection.one(select(sessions).where(sessions.c.digest == digest))
        return session_in(row) if row else None

    async def extend(self, session: Session) -> None:
        await self._connection.run(
            sessions.update()
            .where(sessions.c.digest == session.digest)
            .values(seen_at=session.seen_at, expires_at=session.expires_at)
        )

    async def end(self, digest: Digest) -> None:
        await self._connection.run(notices.delete().where(notices.c.session == digest))
        await self._connection.run(sessions.delete().where(sessions.c.digest == digest))


def row_of(session: Session) -> dict[str, Any]:
    """The session as a row."""
    return {
        "digest": session.digest,
        "user_id": session.user_id,
        "created_at": session.created_at,
        "seen_at": session.seen_at,
        "expires_at": session.expires_at,
    }


def session_in(row: RowMapping) -> Session:
    """The session in a row."""
    return Session(
        digest=row["digest"],
        user_id=row["user_id"],
        created_at=row["created_at"],
        seen_at=row["seen_at"],
        expires_at=row["expires_at"],
    )
