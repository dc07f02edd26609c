"""Secrets, what is kept of them, and how they are compared."""

from __future__ import annotations

import hashlib
import hmac

import attrs


@attrs.frozen(repr=False, eq=False)
class Secret:
    """A value that must never be shown, logged or stored as it is.

    `reveal` is the only way to read it, so every place that does so can be found by name.
    """

    _value: str

    def reveal(self) -> str:
        """The bare value, for the one place that has to send it or show it once."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes_of(self), _bytes_of(other))

    def __hash__(self) -> int:
        return hash(digest_of(self))


@attrs.frozen
class Digest:
    """SHA-256 of a secret, in hex: enough to recognise the secret again, useless to whoever reads the table.

    A plain hash is right only because every secret digested here carries 256 random bits; passwords go to the
    `PasswordHasher` instead.
    """

    value: str


@attrs.frozen
class Sealed:
    """A secret encrypted by the `Vault` for one row; only the vault can read it."""

    value: str


def digest_of(secret: Secret) -> Digest:
    """What is stored in place of a secret that is later looked up by value."""
    return Digest(hashlib.sha256(_bytes_of(secret)).hexdigest())


def same_digest(left: Digest, right: Digest) -> bool:
    """Compare in constant time, so that the answer's delay says nothing about the stored digest."""
    return hmac.compare_digest(left.value, right.value)


def _bytes_of(secret: Secret) -> bytes:
    # Whatever a request brings has a digest, half a surrogate pair too: it is unknown, not a failure.
    return secret.reveal().encode("utf-8", "surrogatepass")
