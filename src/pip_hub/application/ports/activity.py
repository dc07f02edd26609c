"""The user's own log."""

from __future__ import annotations

from typing import Protocol

from pip_hub.domain.activity import ActivityEntry
from pip_hub.domain.identifiers import UserId


class Activity(Protocol):
    """The user's own log."""

    async def add(self, entry: ActivityEntry) -> None:
        """Keep the entry. One of the same user and group that is there already takes the new time and counts on."""
        ...

    async def of_user(self, user_id: UserId, limit: int) -> tuple[ActivityEntry, ...]:
        """The user's entries, the newest first."""
        ...
