"""Fresh values, and the two small computations of OAuth and OpenID Connect around them.

The hub has its own code for PKCE. The sandbox does not borrow it: an imitation that shares code with what it is
there to test would share its mistakes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import uuid

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_HALF_OF_SHA256 = 16


def fresh_value(prefix: str = "") -> str:
    """256 random bits, after a prefix that shows what kind of token it is."""
    return prefix + secrets.token_urlsafe(32)


def fresh_id() -> str:
    """A random UUID, for things that may be shown."""
    return str(uuid.uuid4())


def is_s256_challenge(challenge: str) -> bool:
    """Whether this can be an S256 challenge at all (RFC 7636 4.2)."""
    return _CHALLENGE.fullmatch(challenge) is not None


def verifier_fits(challenge: str | None, verifier: str | None) -> bool:
    """Whether the verifier opens the challenge; one without the other never fits (RFC 7636 4.6, RFC 9700 2.1.1)."""
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    return hmac.compare_digest(_base64url(hashlib.sha256(verifier.encode("ascii")).digest()), challenge)


def at_hash(access_token: str) -> str:
    """The `at_hash` of an access token beside an RS256 id token (OpenID Connect Core 3.1.3.6)."""
    return _base64url(hashlib.sha256(access_token.encode("ascii")).digest()[:_HALF_OF_SHA256])


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
