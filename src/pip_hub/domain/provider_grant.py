"""The tokens behind a connection, and what becomes of them when it ends."""

from __future__ import annotations

import enum
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from pip_hub.domain.connector import RevokeRadius
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, ProviderKey, UserId
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Sealed, Secret


@attrs.frozen(kw_only=True)
class ProviderTokens:
    """A provider's validated token answer."""

    access: Secret
    refresh: Secret | None
    expires_at: datetime
    granted: Scopes

    def packed(self) -> Secret:
        """One secret for the vault."""
        return Secret(
            json.dumps(
                {
                    "access": self.access.reveal(),
                    "refresh": self.refresh.reveal() if self.refresh else None,
                    "expires_at": self.expires_at.isoformat(),
                    "granted": self.granted.format(),
                }
            )
        )

    @classmethod
    def unpack(cls, packed: Secret) -> ProviderTokens:
        """The tokens `packed` made."""
        fields = json.loads(packed.reveal())
        return cls(
            access=Secret(fields["access"]),
            refresh=Secret(fields["refresh"]) if fields["refresh"] else None,
            expires_at=datetime.fromisoformat(fields["expires_at"]),
            granted=Scopes.parse(fields["granted"]),
        )


@attrs.frozen(kw_only=True)
class ProviderGrant:
    """Sealed tokens of one link. Grants with one provider and subject share their fate upstream, whoever owns them."""

    id: ProviderGrantId
    provider: ProviderKey
    subject: str
    user_id: UserId
    connector: ConnectorKey
    organisation_id: str | None
    sealed_tokens: Sealed
    generation: int
    """Counts the refreshes, so that two refreshers cannot both replace one generation."""
    created_at: datetime

    @property
    def vault_context(self) -> str:
        return grant_context(self.id)


def grant_context(grant_id: ProviderGrantId) -> str:
    """What the tokens of a grant are bound to in the vault, also after the grant has become a `Revocation`."""
    return f"provider-grant:{grant_id}"


class ForgetPlan(enum.StrEnum):
    """What the provider is asked when a link ends."""

    REVOKE = "revoke"
    """Revoke the grant: nothing else of this account hangs on it."""
    REMOVE_ORGANISATION = "remove_organisation"
    """Remove this organisation only; other organisations or users share the grant."""
    KEEP = "keep"
    """Ask nothing: revoking would disconnect others that share the grant."""
    NOT_OFFERED = "not_offered"
    """The provider has no way to revoke."""

    @property
    def asks_something(self) -> bool:
        """Whether the provider has to be called."""
        return self in {ForgetPlan.REVOKE, ForgetPlan.REMOVE_ORGANISATION}


class ForgetOutcome(enum.StrEnum):
    """What became of it at the provider."""

    REVOKED = "revoked"
    ALREADY_GONE = "already_gone"
    TRYING = "trying"
    GIVEN_UP = "given_up"
    KEPT = "kept"
    NOT_OFFERED = "not_offered"


def forget_plan(
    radius: RevokeRadius | None, *, others: Sequence[ProviderGrant], organisation_id: str | None
) -> ForgetPlan:
    """What to ask of a provider when a link ends, so that nobody else is disconnected by it.

    `others` are the grants that remain of the same account, whoever owns them.
    """
    if radius is None:
        return ForgetPlan.NOT_OFFERED
    if radius is RevokeRadius.TOKEN or not others:
        return ForgetPlan.REVOKE
    if organisation_id is not None and all(other.organisation_id != organisation_id for other in others):
        return ForgetPlan.REMOVE_ORGANISATION
    return ForgetPlan.KEEP


@attrs.frozen(kw_only=True)
class Revocation:
    """A provider still has to be told that a link ended; the afterlife of a `ProviderGrant`, under the same id."""

    grant_id: ProviderGrantId
    provider: ProviderKey
    subject: str
    user_id: UserId
    connector: ConnectorKey
    plan: ForgetPlan
    organisation_id: str | None
    connection_id: str | None
    sealed_tokens: Sealed
    created_at: datetime
    next_try_at: datetime
    tries: int = 0

    @classmethod
    def of(
        cls, grant: ProviderGrant, link: ConnectorLink, plan: ForgetPlan, now: datetime, next_try_at: datetime
    ) -> Revocation:
        """What is owed when `grant`, the tokens of `link`, has been dropped."""
        organisation = link.account.organisation
        return cls(
            grant_id=grant.id,
            provider=grant.provider,
            subject=grant.subject,
            user_id=grant.user_id,
            connector=grant.connector,
            plan=plan,
            organisation_id=grant.organisation_id,
            connection_id=organisation.connection_id if organisation is not None else None,
            sealed_tokens=grant.sealed_tokens,
            created_at=now,
            next_try_at=next_try_at,
        )

    def postponed(self, now: datetime) -> Revocation:
        """After a failed try: wait twice as long each time, from a minute up to six hours."""
        delay = min(timedelta(minutes=2 ** min(self.tries, 10)), timedelta(hours=6))
        return attrs.evolve(self, tries=self.tries + 1, next_try_at=now + delay)

    def is_hopeless(self, now: datetime) -> bool:
        """A week of silence: provider tokens are dead or the provider is."""
        return now - self.created_at >= timedelta(days=7)
