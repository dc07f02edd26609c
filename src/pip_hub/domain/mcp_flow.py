"""One trip of a user from an MCP client through the hub and back."""

from __future__ import annotations

import enum
from datetime import datetime

import attrs

from pip_hub.domain.identifiers import ClientId, FlowId, UserId
from pip_hub.domain.pkce import CodeChallenge
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Digest, same_digest


class FlowOutcome(enum.StrEnum):
    """How a flow ended, other than by time."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"


@attrs.frozen(kw_only=True)
class AuthorizationRequest:
    """A validated authorization request (RFC 6749 4.1.1, RFC 7636 4.3, RFC 8707 2.1)."""

    client_id: ClientId
    redirect_uri: RedirectUri
    state: str | None = attrs.field(repr=False)
    challenge: CodeChallenge
    scopes: Scopes
    resource: str

    def answer_url(self, issuer: str, **parameters: str) -> str:
        """Where the browser goes with the answer."""
        return answer_url(self.redirect_uri, self.state, issuer, **parameters)


def answer_url(redirect_uri: RedirectUri, state: str | None, issuer: str, **parameters: str) -> str:
    """An authorization response, good or bad: always with `iss` (RFC 9207 2), and with `state` if it was sent."""
    fields = dict(parameters)
    if state is not None:
        fields["state"] = state
    fields["iss"] = issuer
    return redirect_uri.with_answer(fields)


@attrs.frozen(kw_only=True)
class McpFlow:
    """An authorization request under way: open, then completed, cancelled or expired, each once."""

    id: FlowId
    user_id: UserId
    browser: Digest
    request: AuthorizationRequest
    created_at: datetime
    expires_at: datetime
    outcome: FlowOutcome | None = None
    closed_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        return self.outcome is None and now < self.expires_at

    def belongs_to(self, user_id: UserId, browser: Digest | None) -> bool:
        """Only the user who started it, in the browser that started it."""
        return browser is not None and self.user_id == user_id and same_digest(self.browser, browser)

    def closed(self, outcome: FlowOutcome, at: datetime) -> McpFlow:
        return attrs.evolve(self, outcome=outcome, closed_at=at)
