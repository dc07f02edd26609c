"""The activity log in plain words: who did what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby

import attrs

from pip_hub.adapters.web.hub.words import level_name
from pip_hub.application.activity.view_activity import ActivityLine
from pip_hub.domain.activity import ActivityEntry, ActivityKind
from pip_hub.domain.connector_link import Attention
from pip_hub.domain.permission import Level
from pip_hub.domain.revocation import ForgetOutcome

_USED: Mapping[Level, str] = {
    Level.READ: "read from {name}",
    Level.WRITE: "used {name} with write access",
}

# What the provider said about a disconnection is a line of its own, once it has said it.
_DISCONNECTED: Mapping[ForgetOutcome, str] = {
    ForgetOutcome.TRYING: " {provider} has not confirmed yet.",
    ForgetOutcome.KEPT: " {provider} still lists {brand}, because another connection uses the same account there.",
    ForgetOutcome.NOT_OFFERED: " {provider} can’t be told from here; you can remove {brand} in your settings there.",
}

_SETTLED: Mapping[ForgetOutcome, str] = {
    ForgetOutcome.REVOKED: "confirmed that {brand}’s access to {account} is gone.",
    ForgetOutcome.ALREADY_GONE: "says that {brand}’s access to {account} is gone already.",
    ForgetOutcome.KEPT: "still lists {brand}, because another connection uses the same account there.",
    ForgetOutcome.GIVEN_UP: "could not be told to forget {account}. To be sure, remove {brand} in your settings there.",
}

_ENDED: Mapping[Attention, str] = {
    Attention.GRANT_ENDED: "ended the connection to {link}.",
    Attention.ORGANISATION_GONE: "no longer gives access to {link}.",
}


@attrs.frozen(kw_only=True)
class Happening:
    """One line: `who` begins the sentence, and `what` goes on."""

    who: str
    what: str
    at: datetime


@attrs.frozen(kw_only=True)
class Day:
    """The lines of one day (UTC), the newest first."""

    date: date
    happenings: tuple[Happening, ...]


def days(lines: Sequence[ActivityLine], brand: str) -> list[Day]:
    """The log by days, in the order it came in."""
    told = [_told(line, brand) for line in lines]
    by_day = groupby(told, key=lambda happening: happening.at.astimezone(UTC).date())
    return [Day(date=day, happenings=tuple(happenings)) for day, happenings in by_day]


def _told(line: ActivityLine, brand: str) -> Happening:
    entry = line.entry
    who, what = _sentence(line, brand)
    return Happening(who=who, what=what, at=entry.at)


def _sentence(line: ActivityLine, brand: str) -> tuple[str, str]:
    entry, name, provider = line.entry, line.connector_name, line.provider_name
    account = entry.account or "your account"
    # Of several services of one provider the sentence says which; "Xero ended the connection to Xero" it does not.
    link = account if name == provider else f"{name} ({account})"
    words = {"name": name, "provider": provider, "brand": brand, "account": account, "link": link}
    match entry.kind:
        case ActivityKind.CONNECTED:
            level = f" ({level_name(Level(entry.detail))})" if entry.detail else ""
            return "You", f"connected {name}: {account}{level}."
        case ActivityKind.LEVEL_CHANGED:
            return "You", f"changed the access to {name}: {level_name(Level(entry.detail or Level.READ))}."
        case ActivityKind.ORGANISATION_CHOSEN:
            return "You", f"chose {account} for {name}."
        case ActivityKind.RELEASED:
            used = _USED[Level(entry.detail or Level.READ)].format_map(words)
            return entry.client or "An app", f"{used}{_times(entry)}."
        case ActivityKind.NEEDS_ATTENTION:
            attention = Attention(entry.detail or Attention.GRANT_ENDED)
            return provider, _ENDED.get(attention, _ENDED[Attention.GRANT_ENDED]).format_map(words)
        case ActivityKind.DISCONNECTED:
            outcome = ForgetOutcome(entry.detail or ForgetOutcome.REVOKED)
            return "You", f"disconnected {name}: {account}.{_DISCONNECTED.get(outcome, '').format_map(words)}"
        case ActivityKind.REVOCATION_SETTLED:
            outcome = ForgetOutcome(entry.detail or ForgetOutcome.REVOKED)
            return provider, _SETTLED.get(outcome, _SETTLED[ForgetOutcome.GIVEN_UP]).format_map(words)


def _times(entry: ActivityEntry) -> str:
    return f" {entry.count} times" if entry.count > 1 else ""
