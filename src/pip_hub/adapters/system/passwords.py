"""Argon2id for passwords, and the list of the ones everybody tries."""

from __future__ import annotations

import secrets
from functools import partial

import anyio
import anyio.to_thread
import argon2
import argon2.exceptions
from zxcvbn.frequency_lists import FREQUENCY_LISTS

_AT_ONCE = 2
"""Hashes at one time. Each takes 64 MiB and a core for a moment, so a rush of sign-ins queues instead of
exhausting the machine."""


class Argon2Hasher:
    """A `PasswordHasher` that runs Argon2id in worker threads, by default at RFC 9106's second recommended cost."""

    def __init__(self, parameters: argon2.Parameters = argon2.profiles.RFC_9106_LOW_MEMORY) -> None:
        self._argon2 = argon2.PasswordHasher.from_parameters(parameters)
        self._limiter = anyio.CapacityLimiter(_AT_ONCE)
        # What an unknown account's password is compared with: made by the same parameters, so it costs the same.
        self._nobodys_hash = self._argon2.hash(secrets.token_bytes(32))

    async def hash(self, password: str) -> str:
        return await anyio.to_thread.run_sync(partial(self._argon2.hash, _as_bytes(password)), limiter=self._limiter)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        matches = await anyio.to_thread.run_sync(
            partial(self._matches, password_hash or self._nobodys_hash, _as_bytes(password)), limiter=self._limiter
        )
        return matches and password_hash is not None

    def _matches(self, password_hash: str, password: bytes) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False


class CommonPasswordList:
    """The `CommonPasswords` of zxcvbn: some 30,000 passwords by how often they appear in leaks."""

    def __init__(self) -> None:
        self._common = frozenset(FREQUENCY_LISTS["passwords"])

    def contains(self, password: str) -> bool:
        return password.lower() in self._common


def _as_bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
