"""Encryption at rest for secrets that have to be read again."""

from __future__ import annotations

from typing import Protocol

from pip_hub.domain.secret import Sealed, Secret


class Vault(Protocol):
    """Async, since a key service may stand behind it. Never awaited inside a unit of work."""

    @property
    def mark(self) -> str:
        """What every text sealed under the newest key begins with: how secrets under older keys are found."""
        ...

    async def seal(self, secret: Secret, context: str) -> Sealed:
        """Encrypt `secret` so that it opens only for the same `context` (the row it belongs to)."""
        ...

    async def open(self, sealed: Sealed, context: str) -> Secret:
        """The secret that `seal` was given.

        Raises:
            CannotOpen: unknown key, another context, or altered text.
        """
        ...
