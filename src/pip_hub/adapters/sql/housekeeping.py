"""Clearing away what has expired, in SQL."""

from __future__ import annotations

from datetime import datetime

import attrs
from sqlalchemy import Delete, exists, or_, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import (
    access_tokens,
    activity,
    authorization_codes,
    connection_attempts,
    flows,
    grants,
    notices,
    refresh_tokens,
    sessions,
)
from pip_hub.domain.activity import KEPT_FOR

_HANGING = (authorization_codes, access_tokens, refresh_tokens)
"""What hangs on a grant."""


@attrs.frozen
class SqlHousekeeping:
    """Clearing away what has expired."""

    _connection: SqlConnection

    async def purge(self, before: datetime) -> int:
        # Notices before their sessions, and grants after all that hangs on them.
        purges = [_notices_over(before)]
        purges += [
            table.delete().where(table.c.expires_at < before)
            for table in (sessions, flows, connection_attempts, *_HANGING)
        ]
        purges += [activity.delete().where(activity.c.at < before - KEPT_FOR)]
        purges += [_grants_without_anything(before)]
        return sum([await self._connection.count(purge) for purge in purges])


def _notices_over(before: datetime) -> Delete:
    ending_sessions = select(sessions.c.digest).where(sessions.c.expires_at < before)
    return notices.delete().where(or_(notices.c.at < before, notices.c.session.in_(ending_sessions)))


def _grants_without_anything(before: datetime) -> Delete:
    nothing_hangs = [~exists().where(table.c.grant_id == grants.c.id) for table in _HANGING]
    return grants.delete().where(grants.c.created_at < before, *nothing_hangs)
