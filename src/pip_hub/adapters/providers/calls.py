"""One call to a provider: what it is named in the log, and what its failure means."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from typing import TypeVar

import attrs
import httpx2

from pip_hub.adapters.providers.retry_after import retry_after
from pip_hub.domain.errors import (
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderRefusedScope,
    ProviderTrouble,
    ProviderUnreachable,
)
from pip_hub.domain.identifiers import ConnectorKey

_log = logging.getLogger("pip_hub.providers")

Trouble = TypeVar("Trouble", bound=ProviderTrouble)

_UNAUTHORIZED = 401
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_DEAD = frozenset({"invalid_grant"})
_SCOPE = "invalid_scope"
_LATER = frozenset({"server_error", "slow_down", "temporarily_unavailable"})
_OUR_REGISTRATION = frozenset(
    {"deleted_client", "disabled_client", "invalid_client", "invalid_request", _SCOPE}
    | {"redirect_uri_mismatch", "unauthorized_client", "unsupported_grant_type", "unsupported_token_type"}
    | {"admin_policy_enforced", "org_internal"}
)
# Other words are not repeated, not even in the log: a hostile answer may hold what we sent.
_KNOWN = (
    _DEAD
    | _LATER
    | _OUR_REGISTRATION
    | {"access_denied", "bad_verification_code", "consent_required", "insufficient_scope"}
    | {"interaction_required", "invalid_token", "login_required", "unsupported_response_type"}
)


@attrs.frozen
class Answer:
    """An HTTP answer whose body has been read; `content` is None when it is not JSON."""

    status: int
    content: object
    retry_after: timedelta | None = None

    @classmethod
    def of(cls, response: httpx2.Response) -> Answer:
        headers = response.headers
        wait = retry_after(headers.get("Retry-After"), headers.get("Date"))
        return cls(response.status_code, _json(response.content), wait)

    @property
    def succeeded(self) -> bool:
        return httpx2.codes.is_success(self.status)

    @property
    def error(self) -> str | None:
        """The answer's error word, if it is one of those that mean something to somebody."""
        word = self.content.get("error") if isinstance(self.content, dict) else None
        return word if isinstance(word, str) and word in _KNOWN else None


@attrs.frozen(kw_only=True)
class Call:
    """A call of one connector's provider, for one purpose."""

    connector: ConnectorKey
    phase: str

    def failed(self, kind: type[Trouble], what: str, answer: Answer | None = None) -> Trouble:
        """Write the failure to the log, and make the exception to raise.

        `what` is our own words. Nothing of the answer gets into log or exception but its status and its error word.
        """
        status, word = (answer.status, answer.error) if answer is not None else (None, None)
        level = logging.ERROR if issubclass(kind, ProviderMisconfigured) else logging.WARNING
        _log.log(level, "connector=%s phase=%s status=%s error=%s: %s", self.connector, self.phase, status, word, what)
        return kind(reason=f"{self.connector} {self.phase}: {what} (status {status}, error {word})")

    def refused(self, answer: Answer) -> ProviderTrouble:
        """What an answer means that does not bring what was asked (RFC 6749 5.2)."""
        if answer.status == _TOO_MANY_REQUESTS or answer.status >= _SERVER_ERROR or answer.error in _LATER:
            busy = self.failed(ProviderUnreachable, "the provider is busy or broken", answer)
            return attrs.evolve(busy, retry_after=answer.retry_after)
        if answer.error in _DEAD:
            return self.failed(ProviderRefused, "the code or token is dead", answer)
        if answer.error == _SCOPE:
            return self.failed(ProviderRefusedScope, "the provider does not give the scopes asked for", answer)
        if answer.error in _OUR_REGISTRATION:
            return self.failed(ProviderMisconfigured, "the provider does not accept our registration", answer)
        return self.failed(ProviderMisbehaved, "the answer makes no sense", answer)

    def denied(self, answer: Answer) -> ProviderTrouble:
        """What it means that an access token did not open something: only 401 says that it is dead (RFC 6750 3.1)."""
        if answer.status == _UNAUTHORIZED:
            return self.failed(ProviderRefused, "the access token is dead", answer)
        return self.refused(answer)


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
