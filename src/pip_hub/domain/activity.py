"""What the user is told happened on their account."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

import attrs

from pip_hub.domain.identifiers import ConnectorKey, UserId

KEPT_FOR = timedelta(days=90)


class ActivityKind(enum.StrEnum):
    """What happened; the page has the sentences."""

    CONNECTED = "connected"
    LEVEL_CHANGED = "level_changed"
    ORGANISATION_CHOSEN = "organisation_chosen"
    RELEASED = "released"
    NEEDS_ATTENTION = "needs_attention"
    DISCONNECTED = "disconnected"
    REVOCATION_SETTLED = "revocation_settled"


@attrs.frozen(kw_only=True)
class ActivityEntry:
    """One line of the log. Lines with one `group` are one line with a count, not a line per call."""

    user_id: UserId
    kind: ActivityKind
    connector: ConnectorKey
    detail: str | None = None
    """A word: the level, the reason, or the outcome at the provider."""
    account: str | None = None
    client: str | None = None
    """The name of the MCP client in whose session it happened."""
    at: datetime
    count: int = 1
    group: str
    """What makes two events one line: unique for an event that stands alone."""
