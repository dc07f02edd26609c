"""Every sealed column, in SQL."""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import Column, ColumnElement, func, literal, select, type_coerce

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import authorization_codes, connection_attempts, provider_grants, revocations
from pip_hub.adapters.sql.types import text
from pip_hub.application.ports.sealed_secrets import SealedIn, SealedRow
from pip_hub.domain.secret import Sealed


@attrs.frozen
class _Place:
    """The columns of one collection."""

    key: Column[Any]
    bound_to: Column[Any]
    sealed: Column[Any]


_PLACES = {
    SealedIn.CONNECTION_ATTEMPTS: _Place(
        connection_attempts.c.state_digest, connection_attempts.c.state_digest, connection_attempts.c.sealed_trip
    ),
    SealedIn.AUTHORIZATION_CODES: _Place(
        authorization_codes.c.digest, authorization_codes.c.digest, authorization_codes.c.sealed_code
    ),
    SealedIn.PROVIDER_GRANTS: _Place(provider_grants.c.id, provider_grants.c.id, provider_grants.c.sealed_tokens),
    SealedIn.REVOCATIONS: _Place(revocations.c.id, revocations.c.grant_id, revocations.c.sealed_tokens),
}


@attrs.frozen
class SqlSealedSecrets:
    """Every sealed column, as one list."""

    _connection: SqlConnection

    async def without_mark(self, place: SealedIn, mark: str, *, after: str, limit: int) -> tuple[SealedRow, ...]:
        columns = _PLACES[place]
        key = _as_text(columns.key)
        statement = (
            select(
                key.label("key"), _as_text(columns.bound_to).label("bound_to"), _as_text(columns.sealed).label("sealed")
            )
            .where(key > after, columns.sealed.is_not(None), ~_begins_with(columns.sealed, mark))
            .order_by(key)
            .limit(limit)
        )
        return tuple(
            SealedRow(place=place, key=row["key"], bound_to=row["bound_to"], sealed=Sealed(row["sealed"]))
            for row in await self._connection.many(statement)
        )

    async def replace(self, row: SealedRow, sealed: Sealed) -> bool:
        columns = _PLACES[row.place]
        changed = await self._connection.count(
            columns.key.table.update()
            .where(_as_text(columns.key) == row.key, columns.sealed == row.sealed)
            .values({columns.sealed: sealed})
        )
        return changed == 1


def _as_text(column: Column[Any]) -> ColumnElement[str]:
    """The column's own text, whatever type of ours it stands for."""
    return type_coerce(column, text())


def _begins_with(column: Column[Any], mark: str) -> ColumnElement[bool]:
    # Not LIKE: a mark may have an underscore in it, and SQLite's LIKE does not tell cases apart.
    begin = literal(mark, text())
    return func.substr(_as_text(column), 1, func.length(begin), type_=text()) == begin
