"""Reading a token endpoint's answer (RFC 6749 5.1 and 5.2), trusting nothing in it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import attrs
import httpx2

from pip_hub.adapters.providers.calls import Answer, Call
from pip_hub.domain.errors import ProviderMisbehaved
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret

_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")  # RFC 6749 A.12 and A.17, less the space, which a header would not carry
_UNSTATED_LIFETIME = timedelta(minutes=5)
_LONGEST_LIFETIME = timedelta(days=366)
_MAX_SCOPE = 8192


@attrs.frozen(kw_only=True)
class TokenAnswer:
    """A token answer that is one."""

    access: Secret
    refresh: Secret | None
    lifetime: timedelta
    granted: Scopes | None
    """None when the answer does not say: then just what was asked for was granted."""
    id_token: Secret | None

    def tokens(self, asked_at: datetime, asked: Scopes) -> ProviderTokens:
        """The tokens of a redeemed code."""
        return ProviderTokens(
            access=self._access(asked_at),
            refresh=self.refresh,
            granted=self.granted if self.granted is not None else asked,
        )

    def renewing(self, old: ProviderTokens, asked_at: datetime) -> ProviderTokens:
        """The tokens to keep from now on: what the answer leaves out is as it was (RFC 6749 section 6)."""
        return attrs.evolve(
            old,
            access=self._access(asked_at),
            refresh=self.refresh or old.refresh,
            granted=self.granted if self.granted is not None else old.granted,
        )

    def narrowing(self, old: ProviderTokens, asked_at: datetime) -> ProviderTokens:
        """The same tokens with another narrow one; how much is granted as a whole, this answer does not say."""
        return attrs.evolve(old, narrow=self._access(asked_at), refresh=self.refresh or old.refresh)

    def _access(self, asked_at: datetime) -> ProviderAccess:
        """Expiring rather too early than too late: the provider counts from some time after `asked_at`."""
        return ProviderAccess(token=self.access, expires_at=asked_at + self.lifetime)


@attrs.define(eq=False)
class TokenAnswerReader:
    """Stands between the wire and Authlib as a response hook.

    Authlib takes any JSON object without `error` for a token and loses the status of everything else, so every answer
    is judged here, and Authlib gets to see a plain one in its place.
    """

    _call: Call
    answer: TokenAnswer = attrs.field(init=False)

    def __call__(self, response: httpx2.Response) -> httpx2.Response:
        self.answer = _read(self._call, Answer.of(response))
        return httpx2.Response(200, json={"access_token": self.answer.access.reveal(), "token_type": "Bearer"})


def _read(call: Call, answer: Answer) -> TokenAnswer:
    fields = answer.content
    if not answer.succeeded:
        raise call.refused(answer)
    if not isinstance(fields, dict) or "error" in fields:
        # Whatever error that is: nobody's tokens are given up for an answer that contradicts itself.
        raise call.failed(ProviderMisbehaved, "a good status and no tokens", answer)
    try:
        return TokenAnswer(
            access=_access(fields),
            refresh=_token(fields, "refresh_token"),
            lifetime=_lifetime(fields.get("expires_in")),
            granted=_granted(fields.get("scope")),
            id_token=_token(fields, "id_token"),
        )
    except ValueError as problem:
        raise call.failed(ProviderMisbehaved, str(problem), answer) from None


def _access(fields: dict[str, object]) -> Secret:
    kind = fields.get("token_type")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise ValueError("not a bearer token")
    token = _token(fields, "access_token")
    if token is None:
        raise ValueError("no access token")
    return token


def _token(fields: dict[str, object], name: str) -> Secret | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or _TOKEN.fullmatch(value) is None:
        raise ValueError(f"{name} cannot be a token")
    return Secret(value)


def _lifetime(value: object) -> timedelta:
    """A short one when the provider does not say; some send the seconds as text."""
    if value is None:
        return _UNSTATED_LIFETIME
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LONGEST_LIFETIME.total_seconds():
        raise ValueError("expires_in cannot be a lifetime")
    return timedelta(seconds=value)


def _granted(value: object) -> Scopes | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > _MAX_SCOPE:
        raise ValueError("scope is not text")
    return Scopes.parse(value)
