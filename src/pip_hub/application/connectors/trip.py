"""What is kept, sealed, while a browser is away at a provider."""

from __future__ import annotations

import json

import attrs

from pip_hub.domain.secret import Digest, Secret


@attrs.frozen(kw_only=True)
class PackedTrip:
    """The PKCE verifier (RFC 7636) and the ID token nonce (OpenID Connect Core 3.1.2.1) of one attempt."""

    verifier: Secret
    nonce: Secret

    def packed(self) -> Secret:
        """One secret for the vault."""
        return Secret(json.dumps({"verifier": self.verifier.reveal(), "nonce": self.nonce.reveal()}))

    @classmethod
    def unpack(cls, packed: Secret) -> PackedTrip:
        """The trip that `packed` made."""
        fields = json.loads(packed.reveal())
        return cls(verifier=Secret(fields["verifier"]), nonce=Secret(fields["nonce"]))


def trip_context(state_digest: Digest) -> str:
    """What a sealed trip is bound to in the vault."""
    return f"connection-attempt:{state_digest.value}"
