"""Randomness, as a port."""

from __future__ import annotations

from typing import Protocol

from pip_hub.domain.secret import Secret


class SecretSource(Protocol):
    """Randomness, as a port."""

    def secret(self) -> Secret:
        """A fresh secret of 256 random bits in 43 base64url characters, so it can also be a PKCE verifier."""
        ...

    def identifier(self) -> str:
        """A fresh identifier that cannot be guessed and never repeats; not a credential."""
        ...
