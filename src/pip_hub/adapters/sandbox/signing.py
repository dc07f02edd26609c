"""Signed tokens: id tokens of both providers, and Xero's access tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from pip_hub.adapters.sandbox.store import Store

ALGORITHM = "RS256"
_KEY_BITS = 2048


class Signer:
    """Signs and checks with each provider's own key; a key is made when first needed and kept in the state."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys: dict[str, RSAKey] = {}

    def sign(self, provider: str, claims: Mapping[str, Any]) -> str:
        """The claims as a compact JWT."""
        key = self._key(provider)
        return jwt.encode({"alg": ALGORITHM, "kid": str(key.kid)}, dict(claims), key)

    def verified(self, provider: str, token: str) -> dict[str, Any] | None:
        """The claims of a JWT this provider signed, or None. The caller judges expiry, by the sandbox’s clock."""
        try:
            return jwt.decode(token, self._key(provider), algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError):
            return None

    def public_keys(self, provider: str) -> dict[str, Any]:
        """The provider's JSON Web Key Set."""
        return {"keys": [self._key(provider).as_dict(private=False)]}

    def _key(self, provider: str) -> RSAKey:
        if provider not in self._keys:
            stored = self._store.state.keys.get(provider)
            self._keys[provider] = RSAKey.import_key(stored) if stored is not None else self._new_key(provider)
        return self._keys[provider]

    def _new_key(self, provider: str) -> RSAKey:
        key = RSAKey.generate_key(_KEY_BITS, {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        with self._store.changing() as state:
            state.keys[provider] = dict(key.as_dict(private=True))
        return key
