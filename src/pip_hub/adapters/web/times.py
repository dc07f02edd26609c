"""Moments as pages and JSON write them: in UTC, since without scripts nobody knows the reader's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def timestamp(moment: datetime) -> str:
    """RFC 3339, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def long_date(day: date) -> str:
    """24 November 2026; a moment's day is the one in UTC. Not by the server's locale, since pages are in English."""
    if isinstance(day, datetime):
        day = day.astimezone(UTC).date()
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def time_of_day(moment: datetime) -> str:
    """09:05."""
    return moment.astimezone(UTC).strftime("%H:%M")
