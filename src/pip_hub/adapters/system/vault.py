"""Secrets at rest: AES-256-GCM, each sealed text bound to the row it belongs to."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pip_hub.adapters.system.keys import SealingKey
from pip_hub.domain.errors import CannotOpen
from pip_hub.domain.secret import Sealed, Secret

_VERSION = "v1"
_NONCE_BYTES = 12  # NIST SP 800-38D 8.2.2: random nonces of 96 bits, good for 2^32 seals under one key


class AesGcmVault:
    """A `Vault` whose first key seals and all keys open.

    Sealed text is `v1.<key id>.<base64url of nonce and ciphertext>`. The context is authenticated with it, so that
    a sealed text copied to another row does not open there.
    """

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        if not keys:
            raise ValueError("a vault needs at least one key")
        self._sealing = keys[0].id
        self._ciphers = {key.id: AESGCM(key.material) for key in keys}

    @property
    def mark(self) -> str:
        return f"{_VERSION}.{self._sealing}."

    async def seal(self, secret: Secret, context: str) -> Sealed:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        ciphertext = self._ciphers[self._sealing].encrypt(nonce, secret.reveal().encode(), context.encode())
        return Sealed(f"{self.mark}{_written(nonce + ciphertext)}")

    async def open(self, sealed: Sealed, context: str) -> Secret:
        version, _, rest = sealed.value.partition(".")
        key_id, _, body = rest.partition(".")
        if version != _VERSION:
            raise CannotOpen(reason="not the format of this vault")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise CannotOpen(reason="sealed under a key that this vault does not have")
        try:
            raw = _read(body)
            return Secret(cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], context.encode()).decode())
        except (binascii.Error, InvalidTag, ValueError):
            raise CannotOpen(reason="altered, or sealed for another row") from None


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _read(body: str) -> bytes:
    """The bytes `_written` wrote; base64 has several spellings for some bytes, and only ours is taken."""
    raw = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    if _written(raw) != body:
        raise ValueError("not the spelling of this vault")
    return raw
