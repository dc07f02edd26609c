"""What the sandbox remembers, one frozen value per thing. Times are seconds since 1970 on the sandbox's own clock."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

Scopes = tuple[str, ...]


def _texts(values: Iterable[str]) -> Scopes:
    """JSON knows no tuples, so what is read back are lists."""
    return tuple(values)


@attrs.frozen(kw_only=True)
class AuthorizationRequest:
    """A valid authorization request whose person has not decided yet.

    `offline` is Google's `access_type=offline`. `answer` is the redirect the person's decision led to; it is kept so
    that a second click leads to the same place instead of to an error.
    """

    id: str
    provider: str
    client_id: str
    redirect_uri: str
    scopes: Scopes = attrs.field(converter=_texts)
    state: str | None
    nonce: str | None
    code_challenge: str | None
    created_at: float
    offline: bool = False
    prompt: Scopes = attrs.field(default=(), converter=_texts)
    include_granted_scopes: bool = False
    login_hint: str | None = None
    answer: str | None = None


@attrs.frozen(kw_only=True)
class Code:
    """An unspent authorization code; `refreshable` says whether redeeming it also yields a refresh token."""

    value: str
    client_id: str
    redirect_uri: str
    subject: str
    scopes: Scopes = attrs.field(converter=_texts)
    nonce: str | None
    code_challenge: str | None
    refreshable: bool
    issued_at: float
    auth_event_id: str | None = None


@attrs.frozen(kw_only=True)
class RefreshToken:
    """A refresh token of either provider; `id` may be shown, `value` may not.

    `replaced_at` is set by Xero's rotation, `dies_at` by Google's seven days in Testing.
    """

    id: str
    value: str = attrs.field(repr=False)
    client_id: str
    subject: str
    scopes: Scopes = attrs.field(converter=_texts)
    issued_at: float
    last_used_at: float
    auth_event_id: str | None = None
    replaced_at: float | None = None
    dies_at: float | None = None


@attrs.frozen(kw_only=True)
class GoogleAccessToken:
    """Google's access tokens are opaque, so they have to be remembered; Xero's are signed and are not."""

    value: str = attrs.field(repr=False)
    client_id: str
    subject: str
    scopes: Scopes = attrs.field(converter=_texts)
    expires_at: float


@attrs.frozen(kw_only=True)
class Consent:
    """All one person ever granted to one app (Xero) or project (Google) and has not taken back."""

    app: str
    subject: str
    scopes: Scopes = attrs.field(converter=_texts)

    @property
    def key(self) -> str:
        return consent_key(self.app, self.subject)


@attrs.frozen(kw_only=True)
class XeroConnection:
    """One organisation that one Xero user connected to one app."""

    id: str
    client_id: str
    subject: str
    organisation: str
    tenant_id: str
    auth_event_id: str
    created_at: float
    updated_at: float


def consent_key(app: str, subject: str) -> str:
    """The key of a consent: who granted, and to whom."""
    return f"{app} {subject}"
