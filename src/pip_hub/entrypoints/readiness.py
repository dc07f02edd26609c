"""Whether this process could serve a request now."""

from __future__ import annotations

import logging

import attrs
from sqlalchemy.exc import SQLAlchemyError

from pip_hub.adapters.sql.migration import engine_is_at_head
from pip_hub.adapters.sql.unit_of_work import SqlStorage

_log = logging.getLogger("pip_hub.readiness")


@attrs.frozen(kw_only=True)
class FindProblems:
    """Asks the database; the answer names no address and no credential."""

    storage: SqlStorage

    async def __call__(self) -> tuple[str, ...]:
        try:
            at_head = await engine_is_at_head(self.storage.engine)
        except (SQLAlchemyError, OSError) as problem:
            _log.error("the database cannot be reached: %s", type(problem).__name__)
            return ("the database cannot be reached",)
        return () if at_head else ("the database is not at head: run `pip-hub migrate`",)
