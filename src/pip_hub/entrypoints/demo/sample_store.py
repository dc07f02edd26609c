"""What the sample client remembers about each browser, in one small JSON file that outlives the process.

The shapes are pydantic models because the MCP SDK brings pydantic along and it reads what it wrote without further
code. The file holds live tokens, so only its owner may read it, and browsers are listed by digest: whoever sees the
file can't turn it into a cookie.
"""

import hashlib
import logging
import os
import tempfile
from pathlib import Path
from typing import Any, Final

import attrs
from pydantic import BaseModel, ConfigDict, ValidationError

logger = logging.getLogger(__name__)

_MOST_VISITS: Final = 100
"""Browsers remembered; the one heard of least recently goes first."""

_MOST_PENDING: Final = 5
"""Sign-ins one browser may have open at once, in as many tabs."""


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class AuthorizationServer(_Stored):
    """What discovery found out about the hub (RFC 8414)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    registration_endpoint: str
    revocation_endpoint: str | None
    sends_issuer: bool


class Registration(_Stored):
    """A client identifier (RFC 7591), good for one hub and one redirect URI."""

    issuer: str
    redirect_uri: str
    client_id: str


class SignIn(_Stored):
    """A browser that was sent to the hub and is not back yet."""

    state: str
    verifier: str
    resource: str
    server: AuthorizationServer
    registration: Registration


class Tokens(_Stored):
    """What the hub handed out, and where to renew it. `expires_at` is in seconds since 1970, None for unknown."""

    access_token: str
    refresh_token: str | None
    expires_at: int | None
    scope: str | None
    resource: str
    server: AuthorizationServer
    registration: Registration

    @property
    def fingerprint(self) -> str:
        """Eight characters that tell two access tokens apart and give neither away."""
        return _digest(self.access_token)[:8]


class Step(_Stored):
    """One HTTP request, for showing: no query, no body, no header."""

    about: str
    method: str
    url: str
    status: int


class ToolAnswer(_Stored):
    """What a tool answered."""

    tool: str
    text: str
    structured: dict[str, Any]
    failed: bool


class Visit(_Stored):
    """Everything about one browser."""

    registration: Registration | None = None
    sign_ins: tuple[SignIn, ...] = ()
    tokens: Tokens | None = None
    answers: tuple[ToolAnswer, ...] = ()
    steps: tuple[Step, ...] = ()
    problem: str | None = None

    def changed(self, **changes: Any) -> "Visit":
        """A new value with these members replaced."""
        return self.model_copy(update=changes)

    def with_answer(self, answer: ToolAnswer) -> "Visit":
        """The newest answer first, in place of an older one of the same tool."""
        return self.changed(answers=(answer, *(other for other in self.answers if other.tool != answer.tool)))

    def with_sign_in(self, sign_in: SignIn) -> "Visit":
        """Remember one more open sign-in, and forget the oldest if there are too many."""
        return self.changed(sign_ins=(*self.sign_ins, sign_in)[-_MOST_PENDING:])

    def without_sign_in(self, sign_in: SignIn) -> "Visit":
        """A sign-in is used once, whatever comes of it."""
        return self.changed(sign_ins=tuple(other for other in self.sign_ins if other != sign_in))


class _File(_Stored):
    visits: dict[str, Visit] = {}


@attrs.frozen(kw_only=True)
class SampleStore:
    """The file. No call waits for anything, so within one process none is interrupted by another."""

    path: Path

    def get(self, cookie: str) -> Visit | None:
        """The visit of the browser with this cookie, None if there is none."""
        return self._read().visits.get(_digest(cookie))

    def put(self, cookie: str, visit: Visit) -> None:
        """Remember this visit, in place of what was known before."""
        others = {key: other for key, other in self._read().visits.items() if key != _digest(cookie)}
        kept = dict(list(others.items())[-(_MOST_VISITS - 1) :])
        self._write(_File(visits={**kept, _digest(cookie): visit}))

    def remove(self, cookie: str) -> None:
        """Forget this browser."""
        self._write(_File(visits={key: v for key, v in self._read().visits.items() if key != _digest(cookie)}))

    def _read(self) -> _File:
        try:
            return _File.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return _File()
        except ValidationError:
            logger.warning("%s can't be read any more; the sample client starts afresh", self.path.name)
            return _File()

    def _write(self, file: _File) -> None:
        """All or nothing: a process that is stopped half-way leaves the old file behind."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp makes the file readable by its owner only.
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f"{self.path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as temporary:
                temporary.write(file.model_dump_json())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
