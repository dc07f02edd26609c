"""Randomness from the operating system."""

from __future__ import annotations

import secrets

import attrs

from pip_hub.domain.secret import Secret

_SECRET_BYTES = 32
_IDENTIFIER_BYTES = 16


@attrs.frozen
class SystemSecrets:
    """A `SecretSource` that asks the operating system."""

    def secret(self) -> Secret:
        return Secret(secrets.token_urlsafe(_SECRET_BYTES))

    def identifier(self) -> str:
        return secrets.token_urlsafe(_IDENTIFIER_BYTES)
