"""Clearing away what has expired, in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import attrs

from pip_hub.adapters.memory.tables import Key, Tables, Value
from pip_hub.domain.activity import KEPT_FOR


@attrs.frozen
class MemoryHousekeeping:
    """Clearing away what has expired."""

    _tables: Tables

    async def purge(self, before: datetime) -> int:
        tables = self._tables
        return (
            self._purge_notices(before)
            + _drop(tables.sessions, lambda session: session.expires_at < before)
            + _drop(tables.flows, lambda flow: flow.expires_at < before)
            + _drop(tables.connection_attempts, lambda attempt: attempt.expires_at < before)
            + _drop(tables.authorization_codes, lambda code: code.expires_at < before)
            + _drop(tables.access_tokens, lambda token: token.expires_at < before)
            + _drop(tables.refresh_tokens, lambda token: token.expires_at < before)
            + _drop(tables.activity, lambda entry: entry.at + KEPT_FOR < before)
            + self._purge_grants(before)
        )

    def _purge_notices(self, before: datetime) -> int:
        """Those that are too old, and those whose session is over."""
        removed = 0
        for digest, waiting in list(self._tables.notices.items()):
            session = self._tables.sessions.get(digest)
            is_over = session is not None and session.expires_at < before
            kept = () if is_over else tuple(notice for notice in waiting if notice.at >= before)
            removed += len(waiting) - len(kept)
            self._tables.notices[digest] = kept
        return removed

    def _purge_grants(self, before: datetime) -> int:
        tables = self._tables
        in_use = {
            hanging.grant_id
            for table in (tables.authorization_codes, tables.access_tokens, tables.refresh_tokens)
            for hanging in table.values()
        }
        return _drop(tables.grants, lambda grant: grant.created_at < before and grant.id not in in_use)


def _drop(table: dict[Key, Value], is_over: Callable[[Value], bool]) -> int:
    over = [key for key, value in table.items() if is_over(value)]
    for key in over:
        del table[key]
    return len(over)
