"""Accounts."""

from __future__ import annotations

from typing import Protocol

from pip_hub.domain.identifiers import UserId
from pip_hub.domain.user import Email, User


class Users(Protocol):
    """Accounts."""

    async def add(self, user: User) -> bool:
        """Keep a new user. False, and nothing changes, when the email is taken; exactly one of many racers wins."""
        ...

    async def get(self, user_id: UserId) -> User | None: ...

    async def by_email(self, email: Email) -> User | None: ...
