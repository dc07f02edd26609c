"""The user's own log, in SQL."""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import activity
from pip_hub.domain.activity import ActivityEntry
from pip_hub.domain.identifiers import UserId


@attrs.frozen
class SqlActivity:
    """The user's own log."""

    _connection: SqlConnection

    async def add(self, entry: ActivityEntry) -> None:
        statement = self._connection.insert(activity).values(row_of(entry))
        await self._connection.run(
            statement.on_conflict_do_update(
                index_elements=["user_id", "line"], set_={"at": entry.at, "times": activity.c.times + 1}
            )
        )

    async def of_user(self, user_id: UserId, limit: int) -> tuple[ActivityEntry, ...]:
        statement = (
            select(activity)
            .where(activity.c.user_id == user_id)
            .order_by(activity.c.at.desc(), activity.c.number.desc())
            .limit(limit)
        )
        return tuple(entry_in(row) for row in await self._connection.many(statement))


def row_of(entry: ActivityEntry) -> dict[str, Any]:
    """The entry as a row. `group` and `count` are words of SQL, so the columns are `line` and `times`."""
    return {
        "user_id": entry.user_id,
        "kind": entry.kind,
        "connector": entry.connector,
        "detail": entry.detail,
        "account": entry.account,
        "client": entry.client,
        "at": entry.at,
        "times": entry.count,
        "line": entry.group,
    }


def entry_in(row: RowMapping) -> ActivityEntry:
    """The entry in a row."""
    return ActivityEntry(
        user_id=row["user_id"],
        kind=row["kind"],
        connector=row["connector"],
        detail=row["detail"],
        account=row["account"],
        client=row["client"],
        at=row["at"],
        count=row["times"],
        group=row["line"],
    )
