"""Proof Key for Code Exchange (RFC 7636), S256 only as OAuth 2.1 and MCP ask."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

import attrs

# RFC 7636 4.1: 43 to 128 unreserved characters. 4.2: the S256 challenge is 32 bytes in base64url, so always 43.
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")
_CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{43}")


@attrs.frozen
class CodeChallenge:
    """An S256 code challenge (RFC 7636 4.2)."""

    value: str = attrs.field()

    @value.validator
    def _is_well_formed(self, _attribute: object, value: str) -> None:
        if not self.is_well_formed(value):
            raise ValueError("an S256 challenge is 43 base64url characters")

    @staticmethod
    def is_well_formed(value: str) -> bool:
        """Whether `value` can be an S256 challenge at all."""
        return _CHALLENGE.fullmatch(value) is not None

    def accepts(self, verifier: str) -> bool:
        """Whether the verifier is the one behind this challenge (RFC 7636 4.6)."""
        if _VERIFIER.fullmatch(verifier) is None:
            return False
        return hmac.compare_digest(challenge_of(verifier), self.value)


def challenge_of(verifier: str) -> str:
    """The S256 transformation of a verifier (RFC 7636 4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
