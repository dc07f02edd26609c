"""The ways a provider says no, as exceptions that carry facts; `app.py` turns them into answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

_BAD_REQUEST = 400


class Refusal(Exception):
    """Anything this module defines."""


@attrs.frozen(eq=False)
class OAuthRefused(Refusal):
    """A JSON error of a token, revocation or userinfo endpoint (RFC 6749 5.2)."""

    error: str
    description: str | None = None
    status: int = attrs.field(default=_BAD_REQUEST, kw_only=True)
    headers: Mapping[str, str] = attrs.field(factory=dict, kw_only=True)


@attrs.frozen(kw_only=True, eq=False)
class ApiRefused(Refusal):
    """An error of a resource API, in the provider's own shape."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = attrs.Factory(dict)


@attrs.frozen(kw_only=True, eq=False)
class PageRefused(Refusal):
    """The provider's own error page: the browser stays here and the app's callback never hears of it.

    `code` is the line a developer looks for, `text` explains it to a person, `way_back` is an address behind a button.
    """

    provider: str
    status: int
    code: str
    text: str
    way_back: str | None = None


@attrs.frozen(kw_only=True, eq=False)
class CallbackRefused(Refusal):
    """An error that is answered to the app's redirect URI, `location`, complete with its query."""

    location: str


@attrs.frozen(kw_only=True, eq=False)
class Unreadable(Refusal):
    """A request that cannot even be read."""

    status: int
    reason: str
