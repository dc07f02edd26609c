"""What a provider still has to be told when a link has ended."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from pip_hub.domain.connector import RevokeRadius
from pip_hub.domain.connector_link import ConnectorLink, Organisation
from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, ProviderKey, RevocationId, UserId
from pip_hub.domain.secret import Sealed

PATIENCE = timedelta(days=7)
"""A week of silence: the provider's tokens are dead, or the provider is."""


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


def outcome_without_asking(plan: ForgetPlan) -> ForgetOutcome:
    """What became of a link whose provider is not asked."""
    return ForgetOutcome.KEPT if plan is ForgetPlan.KEEP else ForgetOutcome.NOT_OFFERED


def forget_plan(
    radius: RevokeRadius | None, *, others: Sequence[ConnectorLink], organisation: Organisation | None
) -> ForgetPlan:
    """What to ask of a provider when a link ends, so that nobody else is disconnected by it.

    `others` are the links that remain of the same account, whoever owns them.
    """
    if radius is None:
        return ForgetPlan.NOT_OFFERED
    if radius is RevokeRadius.TOKEN or not others:
        return ForgetPlan.REVOKE
    if organisation is not None and all(_organisation_id(other) != organisation.id for other in others):
        return ForgetPlan.REMOVE_ORGANISATION
    return ForgetPlan.KEEP


def _organisation_id(link: ConnectorLink) -> str | None:
    return link.account.organisation.id if link.account.organisation is not None else None


@attrs.frozen(kw_only=True)
class Revocation:
    """A provider still has to be told that a link ended.

    A revocation of the whole grant inherits its tokens, still bound to the grant's id in the vault. Removing one
    organisation has none of its own: it uses the grant that the others still hang on.
    """

    id: RevocationId
    grant_id: ProviderGrantId
    provider: ProviderKey
    subject: str
    user_id: UserId
    connector: ConnectorKey
    plan: ForgetPlan
    account: str
    """The label the user knew the link by."""
    organisation: Organisation | None
    sealed_tokens: Sealed | None
    created_at: datetime
    next_try_at: datetime
    tries: int = 0

    def postponed(self, now: datetime, at_least: timedelta = timedelta()) -> Revocation:
        """After a failed try: wait twice as long each time, from a minute up to six hours."""
        delay = min(timedelta(minutes=2 ** min(self.tries, 10)), timedelta(hours=6))
        return attrs.evolve(self, tries=self.tries + 1, next_try_at=now + max(delay, at_least))

    def is_hopeless(self, now: datetime) -> bool:
        return now - self.created_at >= PATIENCE
