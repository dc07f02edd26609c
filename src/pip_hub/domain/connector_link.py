"""A user's connection to one connector."""

from __future__ import annotations

import enum
from datetime import datetime

import attrs

from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, ProviderKey, UserId
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes


class LinkStatus(enum.StrEnum):
    """The states a connector's card can show (docs: http.md `data-status`)."""

    NOT_CONNECTED = "not_connected"
    CONNECTED = "connected"
    LIMITED = "limited"
    NEEDS_ATTENTION = "needs_attention"
    UNAVAILABLE = "unavailable"


class Attention(enum.StrEnum):
    """Why a link cannot be used until its user does something."""

    GRANT_ENDED = "grant_ended"
    """The provider says the authorization is over: revoked there, expired, or replaced."""
    ORGANISATION_NOT_CHOSEN = "organisation_not_chosen"
    """The account reaches several organisations, and nothing says which one is meant: never "the first"."""
    ORGANISATION_GONE = "organisation_gone"
    """The organisation was disconnected on the provider's side."""


@attrs.frozen(kw_only=True)
class Organisation:
    """One organisation at a provider that has several per account (Xero: tenant)."""

    id: str
    name: str
    connection_id: str
    """The provider's handle for removing this one organisation."""


@attrs.frozen(kw_only=True)
class ProviderAccount:
    """Whose account a provider says it is; `subject` is the stable key, `email` is for display only.

    Without an `organisation` although the connector has them, the user still has to choose one.
    """

    subject: str
    email: str | None
    organisation: Organisation | None = None

    @property
    def label(self) -> str:
        """What the card shows."""
        if self.organisation is not None:
            return self.organisation.name
        return self.email or self.subject


@attrs.frozen(kw_only=True)
class ConnectorLink:
    """This user is connected to that account, at this level; one per user and connector."""

    user_id: UserId
    connector: ConnectorKey
    provider: ProviderKey
    grant_id: ProviderGrantId
    account: ProviderAccount
    level: Level
    granted: Scopes
    connected_at: datetime
    last_used_at: datetime | None = None
    attention: Attention | None = None
    """What the user has to mend, None while all is well."""
    organisations: tuple[Organisation, ...] = ()
    """Those the account reaches, as last listed; empty for providers without organisations."""

    def status(self, spec: ConnectorSpec) -> LinkStatus:
        if self.attention is not None:
            return LinkStatus.NEEDS_ATTENTION
        # An operator may take a level away while links at that level live on.
        if not spec.offers(self.level) or spec.scopes.missing(self.level, self.granted):
            return LinkStatus.LIMITED
        return LinkStatus.CONNECTED
