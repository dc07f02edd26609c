"""Banners waiting for the next page, in SQL."""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import RowMapping

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import notices
from pip_hub.domain.notice import Notice
from pip_hub.domain.secret import Digest


@attrs.frozen
class SqlNotices:
    """Banners waiting for the next page."""

    _connection: SqlConnection

    async def add(self, notice: Notice) -> None:
        await self._connection.run(notices.insert().values(row_of(notice)))

    async def take(self, session: Digest) -> tuple[Notice, ...]:
        rows = await self._connection.many(notices.delete().where(notices.c.session == session).returning(notices))
        rows.sort(key=lambda row: (row["at"], row["number"]))  # RETURNING promises no order
        return tuple(notice_in(row) for row in rows)


def row_of(notice: Notice) -> dict[str, Any]:
    """The notice as a row."""
    return {
        "session": notice.session,
        "kind": notice.kind,
        "connector": notice.connector,
        "detail": notice.detail,
        "account": notice.account,
        "flow_ended": notice.flow_ended,
        "at": notice.at,
    }


def notice_in(row: RowMapping) -> Notice:
    """The notice in a row."""
    return Notice(
        session=row["session"],
        kind=row["kind"],
        connector=row["connector"],
        detail=row["detail"],
        account=row["account"],
        flow_ended=row["flow_ended"],
        at=row["at"],
    )
