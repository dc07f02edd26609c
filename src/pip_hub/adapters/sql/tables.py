"""The tables, one per collection, in one file so that they can be read side by side.

Change them together with a new revision in migrations/; a test finds any drift.

No column holds a secret of ours that can be read: what is looked up by value is a digest, what is read back is sealed.
The one value that is another's secret is `flows.state`: see docs/security.md.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, UniqueConstraint

from pip_hub.adapters.sql.types import UtcDateTime, organisations, redirect_uris, scopes, text, value
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.client import ClientAuthMethod
from pip_hub.domain.connector_link import Attention
from pip_hub.domain.mcp_flow import FlowOutcome
from pip_hub.domain.notice import NoticeKind
from pip_hub.domain.permission import Level
from pip_hub.domain.pkce import CodeChallenge
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.revocation import ForgetPlan
from pip_hub.domain.secret import Digest, Sealed
from pip_hub.domain.user import Email

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _owner() -> ForeignKey:
    """Everybody's rows belong to an account. Checked on commit, so a unit may store things in any order."""
    return ForeignKey("users.id", deferrable=True, initially="DEFERRED")


def _approval() -> ForeignKey:
    """Codes and tokens hang on an approval; it stays as long as they do. Checked on commit, as above."""
    return ForeignKey("grants.id", deferrable=True, initially="DEFERRED")


clients = Table(
    "clients",
    metadata,
    Column("id", text(), primary_key=True),
    Column("name", text(), nullable=False),
    Column("redirect_uris", redirect_uris(), nullable=False),
    Column("auth_method", value(ClientAuthMethod), nullable=False),
    Column("secret_digest", value(Digest)),
    Column("client_uri", text()),
    Column("created_at", UtcDateTime(), nullable=False),
)

resources = Table(
    "resources",
    metadata,
    Column("id", text(), primary_key=True),
    Column("uri", text(), nullable=False, unique=True),
    Column("name", text(), nullable=False),
    Column("scopes", scopes(), nullable=False),
    Column("secret_digest", value(Digest), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", text(), primary_key=True),
    Column("email", value(Email), nullable=False, unique=True),
    Column("password_hash", text(), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", value(Digest), primary_key=True),
    Column("user_id", text(), _owner(), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("seen_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
)

# No foreign key to the session: a browser may sign out while its connection is still being made.
notices = Table(
    "notices",
    metadata,
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("session", value(Digest), nullable=False, index=True),
    Column("kind", value(NoticeKind), nullable=False),
    Column("connector", text(), nullable=False),
    Column("detail", text()),
    Column("account", text()),
    Column("flow_ended", Boolean(), nullable=False),
    Column("at", UtcDateTime(), nullable=False, index=True),
)

flows = Table(
    "flows",
    metadata,
    Column("id", text(), primary_key=True),
    Column("user_id", text(), _owner(), nullable=False),
    Column("browser", value(Digest), nullable=False),
    Column("client_id", text(), nullable=False),
    Column("redirect_uri", value(RedirectUri), nullable=False),
    Column("state", text()),
    Column("challenge", value(CodeChallenge), nullable=False),
    Column("scopes", scopes(), nullable=False),
    Column("resource", text(), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
    Column("outcome", value(FlowOutcome)),
    Column("closed_at", UtcDateTime()),
)

connection_attempts = Table(
    "connection_attempts",
    metadata,
    Column("state_digest", value(Digest), primary_key=True),
    Column("user_id", text(), _owner(), nullable=False),
    Column("session", value(Digest), nullable=False),
    Column("flow_id", text()),
    Column("connector", text(), nullable=False),
    Column("level", value(Level), nullable=False),
    Column("sealed_trip", value(Sealed), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
    Column("taken_at", UtcDateTime()),
)

# No foreign key to the provider grant: a link outlives its tokens when they have to be connected again.
connector_links = Table(
    "connector_links",
    metadata,
    Column("user_id", text(), _owner(), primary_key=True),
    Column("connector", text(), primary_key=True),
    Column("provider", text(), nullable=False),
    Column("grant_id", text(), nullable=False),
    Column("account_subject", text(), nullable=False),
    Column("account_email", text()),
    Column("organisation_id", text()),
    Column("organisation_name", text()),
    Column("organisation_connection_id", text()),
    Column("organisations", organisations(), nullable=False),
    Column("level", value(Level), nullable=False),
    Column("granted", scopes(), nullable=False),
    Column("connected_at", UtcDateTime(), nullable=False),
    Column("last_used_at", UtcDateTime()),
    Column("attention", value(Attention)),
    Index(None, "provider", "account_subject"),  # who shares a fate
)

# Nobody's own: one account may be connected by several users. The links say whose it is.
provider_grants = Table(
    "provider_grants",
    metadata,
    Column("id", text(), primary_key=True),
    Column("provider", text(), nullable=False),
    Column("subject", text(), nullable=False),
    Column("sealed_tokens", value(Sealed), nullable=False),
    Column("generation", Integer(), nullable=False),
    Column("refreshed_at", UtcDateTime(), nullable=False),
    Column("lease_until", UtcDateTime()),
    Index(None, "provider", "refreshed_at"),  # who is idle
)

# Owned by nobody any more: what a provider has still to be told is owed also when the account is gone.
revocations = Table(
    "revocations",
    metadata,
    Column("id", text(), primary_key=True),
    Column("grant_id", text(), nullable=False),
    Column("provider", text(), nullable=False),
    Column("subject", text(), nullable=False),
    Column("user_id", text(), nullable=False, index=True),
    Column("connector", text(), nullable=False),
    Column("plan", value(ForgetPlan), nullable=False),
    Column("account", text(), nullable=False),
    Column("organisation_id", text()),
    Column("organisation_name", text()),
    Column("organisation_connection_id", text()),
    Column("sealed_tokens", value(Sealed)),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("next_try_at", UtcDateTime(), nullable=False, index=True),
    Column("tries", Integer(), nullable=False),
)

# No foreign key to the user: what became of a revocation is noted also when the account is gone, and fades with time.
activity = Table(
    "activity",
    metadata,
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("user_id", text(), nullable=False),
    Column("kind", value(ActivityKind), nullable=False),
    Column("connector", text(), nullable=False),
    Column("detail", text()),
    Column("account", text()),
    Column("client", text()),
    Column("at", UtcDateTime(), nullable=False, index=True),
    Column("times", Integer(), nullable=False),
    Column("line", text(), nullable=False),
    UniqueConstraint("user_id", "line"),  # events of one group are one line
    Index(None, "user_id", "at"),
)

# No foreign key to the client: an approval says whom it was given to, also when that client is gone.
grants = Table(
    "grants",
    metadata,
    Column("id", text(), primary_key=True),
    Column("user_id", text(), _owner(), nullable=False),
    Column("client_id", text(), nullable=False),
    Column("redirect_uri", value(RedirectUri), nullable=False),
    Column("scopes", scopes(), nullable=False),
    Column("resource", text(), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False, index=True),
    Column("revoked_at", UtcDateTime()),
)

authorization_codes = Table(
    "authorization_codes",
    metadata,
    Column("digest", value(Digest), primary_key=True),
    Column("flow_id", text(), nullable=False),
    Column("grant_id", text(), _approval(), nullable=False, index=True),
    Column("client_id", text(), nullable=False),
    Column("user_id", text(), nullable=False),
    Column("redirect_uri", value(RedirectUri), nullable=False),
    Column("challenge", value(CodeChallenge), nullable=False),
    Column("scopes", scopes(), nullable=False),
    Column("resource", text(), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
    Column("redeemed_at", UtcDateTime()),
    Column("sealed_code", value(Sealed)),
    UniqueConstraint("flow_id"),  # a flow yields one code at most
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("digest", value(Digest), primary_key=True),
    Column("grant_id", text(), _approval(), nullable=False, index=True),
    Column("scopes", scopes(), nullable=False),
    Column("resource", text(), nullable=False),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
    Column("revoked_at", UtcDateTime()),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("digest", value(Digest), primary_key=True),
    Column("grant_id", text(), _approval(), nullable=False, index=True),
    Column("created_at", UtcDateTime(), nullable=False),
    Column("expires_at", UtcDateTime(), nullable=False, index=True),
    Column("rotated_at", UtcDateTime()),
)
