"""The tokens behind one or more links, and how they are kept fresh."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

import attrs

from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, ProviderKey, UserId
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Sealed, Secret

EARLY = timedelta(minutes=5)
"""Tokens are renewed this long before they expire, so that whoever gets one has time to use it."""


@attrs.frozen(kw_only=True)
class ProviderAccess:
    """One access token of a provider, and until when it works."""

    token: Secret
    expires_at: datetime


@attrs.frozen(kw_only=True)
class ProviderTokens:
    """A provider's validated token answer.

    `narrow` is a second access token that can only read, made where the provider can narrow on refresh and the grant
    is wider than reading.
    """

    access: ProviderAccess
    refresh: Secret | None
    granted: Scopes
    narrow: ProviderAccess | None = None

    def packed(self) -> Secret:
        """One secret for the vault.

        Kept from version to version, both ways: what is sealed can be read again, but not rewritten by a migration.
        """
        return Secret(
            json.dumps(
                {
                    **_pack(self.access),
                    "refresh": self.refresh.reveal() if self.refresh else None,
                    "granted": self.granted.format(),
                    "narrow": _pack(self.narrow) if self.narrow else None,
                }
            )
        )

    @classmethod
    def unpack(cls, packed: Secret) -> ProviderTokens:
        """The tokens `packed` made, in this version or an earlier one, which had no `narrow`."""
        fields = json.loads(packed.reveal())
        narrow = fields.get("narrow")
        return cls(
            access=_unpack(fields),
            refresh=Secret(fields["refresh"]) if fields["refresh"] else None,
            granted=Scopes.parse(fields["granted"]),
            narrow=_unpack(narrow) if narrow else None,
        )


def _pack(access: ProviderAccess) -> dict[str, str]:
    return {"access": access.token.reveal(), "expires_at": access.expires_at.isoformat()}


def _unpack(fields: Mapping[str, str]) -> ProviderAccess:
    return ProviderAccess(token=Secret(fields["access"]), expires_at=datetime.fromisoformat(fields["expires_at"]))


@attrs.frozen(kw_only=True)
class ProviderGrant:
    """One token set of one account at one provider, sealed.

    Links of one account hang on one grant where the provider rotates refresh tokens (two token sets of one user would
    break each other); elsewhere each link has its own. Either way all grants with one provider and subject share
    their fate upstream, whoever uses them.
    """

    id: ProviderGrantId
    provider: ProviderKey
    subject: str
    sealed_tokens: Sealed
    generation: int
    """Counts the token answers, so that two refreshers cannot both replace one generation."""
    refreshed_at: datetime
    """When the provider last answered with tokens: what idle death is counted from."""
    lease_until: datetime | None = None
    """Until then one worker is renewing the tokens, and all others wait."""

    @property
    def vault_context(self) -> str:
        return grant_context(self.id)

    def renewed(self, sealed_tokens: Sealed, at: datetime) -> ProviderGrant:
        """The next generation, its lease given back."""
        return attrs.evolve(
            self, sealed_tokens=sealed_tokens, generation=self.generation + 1, refreshed_at=at, lease_until=None
        )


def grant_id_for(
    provider: ProviderKey, subject: str, *, link_of: tuple[UserId, ConnectorKey] | None
) -> ProviderGrantId:
    """The id under which a token set is kept; the same account always comes to the same row.

    With `link_of` the set belongs to that one link; without, to the whole account.
    """
    parts = [provider, subject, *(link_of or ())]
    # Length-prefixed, so that no two lists of parts read alike.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return ProviderGrantId(hashlib.sha256(text.encode()).hexdigest()[:40])


def grant_context(grant_id: ProviderGrantId) -> str:
    """What the tokens of a grant are bound to in the vault, also after a `Revocation` has inherited them."""
    return f"provider-grant:{grant_id}"
