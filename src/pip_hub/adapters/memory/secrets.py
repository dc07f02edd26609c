"""Secrets that are the same in every run: a source for tests, useless for anything else."""

from __future__ import annotations

import base64
import hashlib
import itertools

from pip_hub.domain.secret import Secret


class CountedSecrets:
    """A `SecretSource` whose secrets are digests of a running number, so they have the shape of real ones."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def secret(self) -> Secret:
        digest = hashlib.sha256(f"secret {next(self._numbers)}".encode()).digest()
        return Secret(base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"))

    def identifier(self) -> str:
        return f"id-{next(self._numbers)}"
