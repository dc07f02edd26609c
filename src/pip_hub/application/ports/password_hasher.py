"""Passwords: slow hashes, and the list of the ones everybody tries."""

from __future__ import annotations

from typing import Protocol


class PasswordHasher(Protocol):
    """Argon2id in production. Works off the event loop, and is never awaited inside a unit of work."""

    async def hash(self, password: str) -> str:
        """A salted hash that carries its own parameters."""
        ...

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether the password made the hash. With None it does the same work and answers False, so that an unknown
        account costs as much time as a wrong password.
        """
        ...


class CommonPasswords(Protocol):
    """The passwords everybody tries first."""

    def contains(self, password: str) -> bool:
        """Whether this is one of the most common passwords, in any mix of upper and lower case."""
        ...
