"""What the hub tells a user once, on the next page they see."""

from __future__ import annotations

import enum
from datetime import datetime

import attrs

from pip_hub.domain.identifiers import ConnectorKey
from pip_hub.domain.secret import Digest


class NoticeKind(enum.StrEnum):
    """What happened to the connector."""

    CONNECTED = "connected"
    CONNECTION_FAILED = "connection_failed"
    DISCONNECTED = "disconnected"
    LEVEL_CHANGED = "level_changed"
    ORGANISATION_CHOSEN = "organisation_chosen"


class FailureReason(enum.StrEnum):
    """Why a connection did not come about, in the core's words; the page has the sentences."""

    DECLINED = "declined"
    EXPIRED = "expired"
    UNREACHABLE = "unreachable"
    MISCONFIGURED = "misconfigured"
    REFUSED = "refused"
    MISBEHAVED = "misbehaved"
    WRONG_ACCOUNT = "wrong_account"
    NO_ORGANISATION = "no_organisation"
    NOTHING_GRANTED = "nothing_granted"
    INTERRUPTED = "interrupted"


@attrs.frozen(kw_only=True)
class Notice:
    """One banner, for one session, shown once.

    `detail` is a word of `FailureReason` or `ForgetOutcome`, or None; `account` is the label to show.
    """

    session: Digest
    kind: NoticeKind
    connector: ConnectorKey
    detail: str | None = None
    account: str | None = None
    flow_ended: bool = False
    """The connection was kept although the flow it was made in had ended meanwhile."""
    at: datetime
