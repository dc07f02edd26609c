"""What can be made to go wrong, asked for on the control page or by a test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

import attrs

ENDPOINTS = (
    "xero.authorize",
    "xero.token",
    "xero.token:authorization_code",
    "xero.token:refresh_token",
    "xero.revocation",
    "xero.userinfo",
    "xero.discovery",
    "xero.jwks",
    "xero.connections",
    "xero.connection_delete",
    "xero.invoices",
    "xero.organisation",
    "google.authorize",
    "google.token",
    "google.token:authorization_code",
    "google.token:refresh_token",
    "google.revoke",
    "google.userinfo",
    "google.discovery",
    "google.certs",
    "google.messages",
    "google.message",
    "google.sheet_values",
    "google.sheet_append",
)
"""Every endpoint a fault can be set for and calls are counted for; a token endpoint also by grant type."""

MOST_TIMES = 10_000
LONGEST_WAIT = 3600
_DIGITS = re.compile(r"-?[0-9]{1,12}")
LOWEST_FAILURE, HIGHEST_FAILURE = 400, 599


class FaultKind(StrEnum):
    """The ways an endpoint can misbehave."""

    FAIL = "fail"
    HANG = "hang"
    LOSE_ANSWER = "lose_answer"
    GARBAGE = "garbage"
    REFUSE = "refuse"
    DENY = "deny"
    BLOCK = "block"


DETAILS: Mapping[FaultKind, tuple[str, ...]] = {
    FaultKind.LOSE_ANSWER: ("drop", "silence"),
    FaultKind.GARBAGE: ("html", "empty", "json_without_error", "error_in_200", "list", "broken_json"),
    FaultKind.REFUSE: ("invalid_grant", "invalid_client", "invalid_scope", "unauthorized_client"),
    FaultKind.BLOCK: ("admin_policy_enforced", "org_internal"),
}
"""The variants of a kind; the first is the one meant when none is named. Kinds not listed have no variants."""


class ControlRefused(Exception):
    """A control call asked for something that does not exist; the message says what would be right."""


@attrs.frozen(kw_only=True)
class Fault:
    """One misbehaviour of one endpoint, for the next `times` calls, or until it is cleared when `times` is None.

    `status` and `retry_after` (seconds) belong to `FAIL`, `seconds` to `HANG`: None means until the client gives up.
    """

    endpoint: str
    kind: FaultKind = attrs.field(converter=FaultKind)
    detail: str | None = None
    times: int | None = 1
    status: int = 500
    retry_after: int | None = None
    seconds: int | None = None

    @classmethod
    def parse(cls, asked: Mapping[str, object]) -> Fault:
        """A fault from what somebody sent.

        Raises:
            ControlRefused: an unknown endpoint or kind, or a value out of range.
        """
        endpoint = _one_of(asked, "endpoint", ENDPOINTS)
        kind = FaultKind(_one_of(asked, "kind", [one.value for one in FaultKind]))
        variants = DETAILS.get(kind, ())
        if kind in {FaultKind.DENY, FaultKind.BLOCK} and not endpoint.endswith(".authorize"):
            raise ControlRefused(f"{kind.value} is for xero.authorize and google.authorize only")
        return cls(
            endpoint=endpoint,
            kind=kind,
            detail=_one_of({"detail": asked.get("detail") or variants[0]}, "detail", variants) if variants else None,
            times=whole(asked, "times", default=1, lowest=1, highest=MOST_TIMES),
            status=whole(asked, "status", default=500, lowest=LOWEST_FAILURE, highest=HIGHEST_FAILURE) or 500,
            retry_after=whole(asked, "retry_after", default=None, lowest=0, highest=LONGEST_WAIT),
            seconds=whole(asked, "seconds", default=None, lowest=0, highest=LONGEST_WAIT),
        )

    def meets(self, name: str, variant: str | None) -> bool:
        """Whether a call of this endpoint (with this grant type) is one this fault is for."""
        return self.endpoint in {name, f"{name}:{variant}"}

    def once_less(self) -> Fault | None:
        """What is left of the fault after one more call has met it."""
        if self.times is None:
            return self
        return attrs.evolve(self, times=self.times - 1) if self.times > 1 else None


def whole(asked: Mapping[str, object], name: str, *, default: int | None, lowest: int, highest: int) -> int | None:
    """A whole number somebody sent, as a number or as digits; None when they sent null, an empty text or nothing.

    Raises:
        ControlRefused: it is something else, or out of range.
    """
    value = asked.get(name, default)
    if value is None or value == "":
        return None
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise ControlRefused(f"{name} must be a whole number from {lowest} to {highest}")
    return value


def _one_of(asked: Mapping[str, object], name: str, known: tuple[str, ...] | list[str]) -> str:
    value = asked.get(name)
    if isinstance(value, str) and value in known:
        return value
    raise ControlRefused(f"{name} must be one of: {', '.join(known)}")
