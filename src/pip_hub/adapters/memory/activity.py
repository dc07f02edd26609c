"""The user's own log, in memory."""

from __future__ import annotations

import attrs

from pip_hub.adapters.memory.tables import Tables
from pip_hub.domain.activity import ActivityEntry
from pip_hub.domain.identifiers import UserId


@attrs.frozen
class MemoryActivity:
    """The user's own log."""

    _tables: Tables

    async def add(self, entry: ActivityEntry) -> None:
        log, line = self._tables.activity, (entry.user_id, entry.group)
        known = log.get(line)
        log[line] = attrs.evolve(known, at=entry.at, count=known.count + 1) if known is not None else entry

    async def of_user(self, user_id: UserId, limit: int) -> tuple[ActivityEntry, ...]:
        own = [entry for entry in self._tables.activity.values() if entry.user_id == user_id]
        own.reverse()  # of two at the same time, the one added later comes first
        own.sort(key=lambda entry: entry.at, reverse=True)
        return tuple(own[:limit])
