"""Accounts, in SQL."""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import users
from pip_hub.domain.identifiers import UserId
from pip_hub.domain.user import Email, User


@attrs.frozen
class SqlUsers:
    """Accounts."""

    _connection: SqlConnection

    async def add(self, user: User) -> bool:
        statement = self._connection.insert(users).values(row_of(user))
        return await self._connection.count(statement.on_conflict_do_nothing(index_elements=["email"])) == 1

    async def get(self, user_id: UserId) -> User | None:
        row = await self._connection.one(select(users).where(users.c.id == user_id))
        return user_in(row) if row else None

    async def by_email(self, email: Email) -> User | None:
        row = await self._connection.one(select(users).where(users.c.email == email))
        return user_in(row) if row else None


def row_of(user: User) -> dict[str, Any]:
    """The user as a row."""
    return {
        "id": user.id,
        "email": user.email,
        "password_hash": user.password_hash,
        "created_at": user.created_at,
    }


def user_in(row: RowMapping) -> User:
    """The user in a row."""
    return User(
        id=row["id"],
        email=row["email"],
        password_hash=row["password_hash"],
        created_at=row["created_at"],
    )
