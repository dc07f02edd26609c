"""Connectors: the services a user can connect, as data (one file each, see docs/add-a-connector.md)."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from datetime import timedelta

import attrs

from pip_hub.domain.identifiers import ConnectorKey, ProviderKey
from pip_hub.domain.permission import Level, ScopeRules


class TokenAuth(enum.StrEnum):
    """How this connector authenticates at its provider's token endpoint (RFC 6749 2.3.1)."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    NONE = "none"


class RevokeRadius(enum.StrEnum):
    """How far the provider's revocation reaches."""

    TOKEN = "token"
    """Only the token sent: the revoked link shares its fate with nobody."""
    GRANT = "grant"
    """Everything this account ever allowed this application (Google: the whole project; Xero: all organisations)."""


@attrs.frozen(kw_only=True)
class RevokeSpec:
    """How the provider is asked to forget: RFC 7009 at `url`."""

    url: str
    radius: RevokeRadius


@attrs.frozen(kw_only=True)
class OpenIdSpec:
    """How the account behind an authorization is learnt from the ID token (OpenID Connect Core 3.1.3.7)."""

    issuers: tuple[str, ...]
    jwks_url: str
    algorithms: tuple[str, ...]


@attrs.frozen(kw_only=True)
class OrganisationsSpec:
    """Where a provider lists the organisations an authorization reaches, and how the one just chosen is told.

    The one just chosen is the entry whose `event_field` equals the access token's claim `event_claim`. Entries whose
    fields differ from `only` are something else (Xero: a practice) and do not count. `{id}` in `delete_url` stands for
    the entry's `connection_field`.
    """

    list_url: str
    delete_url: str
    id_field: str
    name_field: str
    connection_field: str
    event_field: str
    event_claim: str
    only: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class RefreshSpec:
    """How this provider's tokens live.

    `rotates`: each refresh brings a new refresh token, so one account has one token set, shared by all its links.
    `narrows`: a refresh may ask for fewer scopes and gets an access token that is that narrow.
    `idle`: a refresh token not used for this long dies; it is used in good time to keep it alive.
    """

    rotates: bool
    narrows: bool
    idle: timedelta | None


@attrs.frozen(kw_only=True)
class ConnectorSpec:
    """Everything pip-hub knows about one connector. No credentials: those stay in the provider gateway."""

    key: ConnectorKey
    name: str
    pitch: str
    icon: str
    notice: str | None = None
    provider: ProviderKey
    """Connectors with one provider key hang on one upstream grant per account, across all users."""
    provider_name: str
    available: bool
    """False when marked "coming soon" or when the operator gave no credentials."""
    authorize_url: str
    authorize_params: Mapping[str, str] = attrs.field(factory=dict)
    token_url: str
    token_auth: TokenAuth
    pkce: bool
    scopes: ScopeRules
    revoke: RevokeSpec | None = None
    openid: OpenIdSpec
    organisations: OrganisationsSpec | None = None
    refresh: RefreshSpec | None = None
    """None when the provider gives no refresh tokens; else a connection without one is refused."""
    scopes_add_up: bool = False
    """Whether every authorization answers with all scopes the account ever granted (Xero): then a step-up asks only
    for what is missing, and nothing but a revocation makes a grant smaller."""

    def offers(self, level: Level) -> bool:
        return level in self.scopes.levels


@attrs.frozen
class ConnectorCatalogue:
    """The connectors in the order the hub shows them."""

    _specs: tuple[ConnectorSpec, ...]

    def get(self, key: str) -> ConnectorSpec | None:
        return next((spec for spec in self._specs if spec.key == key), None)

    def __iter__(self) -> Iterator[ConnectorSpec]:
        return iter(self._specs)

    def __len__(self) -> int:
        return len(self._specs)
