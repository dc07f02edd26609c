"""How long a provider asks to be left alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(hours=1)
"""Nobody's tokens lie idle for longer than this on a provider's word alone."""

_SECONDS = re.compile(r"[0-9]{1,20}")
_LONGEST_DATE = 40


def retry_after(value: str | None, date: str | None) -> timedelta | None:
    """The delay a `Retry-After` header names, as seconds or as a date (RFC 9110 10.2.3); None when it names none.

    A date counts from the answer's own `Date`: what the provider's clock says about ours does not matter then.
    """
    if value is None:
        return None
    if _SECONDS.fullmatch(value):
        return timedelta(seconds=min(int(value), int(LONGEST.total_seconds())))
    until, sent = _moment(value), _moment(date or "")
    if until is None or sent is None:
        return None
    return min(max(until - sent, timedelta()), LONGEST)


def _moment(value: str) -> datetime | None:
    if len(value) > _LONGEST_DATE:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
