"""Sealing keys: how they are written, read, and which are refused."""

from __future__ import annotations

import base64
import binascii
import hashlib
import itertools
import re
import secrets

import attrs

_KEY_BYTES = 32
_WRITTEN = re.compile(r"[A-Za-z0-9_-]{43}=?")
_FEWEST_DISTINCT = 16
"""32 random bytes have about 30 distinct values; fewer than 16 never happens by chance."""
_REMEDY = "make one with `pip-hub keys new`"


@attrs.frozen(repr=False)
class SealingKey:
    """One AES-256 key. `id` names it in sealed text and says nothing about it."""

    material: bytes

    @property
    def id(self) -> str:
        return hashlib.sha256(self.material).hexdigest()[:8]

    def __repr__(self) -> str:
        return f"SealingKey(id={self.id!r})"


def new_key() -> str:
    """A fresh key as `PIP_HUB_KEYS` takes it: 32 random bytes in 43 base64url characters."""
    return base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).rstrip(b"=").decode("ascii")


def parse_keys(text: str) -> tuple[SealingKey, ...]:
    """Read `PIP_HUB_KEYS`: keys separated by commas, the newest first.

    Raises:
        ValueError: there is no key, or one is malformed, short, repeated or not random. The message names the place
            of the key in the list and the remedy, never the key.
    """
    written = [part.strip() for part in text.split(",")]
    if not any(written):
        raise ValueError(f"there is no sealing key: {_REMEDY}")
    keys: list[SealingKey] = []
    for place, part in enumerate(written, start=1):
        key = _parse_key(part, f"sealing key {place} of {len(written)}")
        same = next((number for number, other in enumerate(keys, start=1) if other.id == key.id), None)
        if same is not None:
            raise ValueError(f"sealing key {place} of {len(written)} is the same as key {same}: take one away")
        keys.append(key)
    return tuple(keys)


def _parse_key(written: str, name: str) -> SealingKey:
    try:
        material = base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{name} is not base64url: {_REMEDY}") from None
    if len(material) < _KEY_BYTES:
        raise ValueError(f"{name} is too short ({len(material)} bytes instead of {_KEY_BYTES}): {_REMEDY}")
    if len(material) > _KEY_BYTES or not _WRITTEN.fullmatch(written):
        raise ValueError(f"{name} is not 43 base64url characters: {_REMEDY}")
    if _is_guessable(material):
        raise ValueError(f"{name} is not random, but a sample or typed by hand: {_REMEDY}")
    return SealingKey(material)


def _is_guessable(material: bytes) -> bool:
    """A constant, a short pattern repeated, a count upwards or downwards, or typed text."""
    steps = {(after - before) % 256 for before, after in itertools.pairwise(material)}
    typed = material.isascii() and material.decode("ascii").isprintable()
    return len(set(material)) < _FEWEST_DISTINCT or len(steps) == 1 or typed
