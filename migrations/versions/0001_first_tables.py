"""The first tables: one per collection of the unit of work.

Revision: 0001, after nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _owner() -> sa.ForeignKey:
    return sa.ForeignKey("users.id", deferrable=True, initially="DEFERRED")


def _approval() -> sa.ForeignKey:
    return sa.ForeignKey("grants.id", deferrable=True, initially="DEFERRED")


def upgrade() -> None:
    _create_clients_and_people()
    _create_flows()
    _create_connections()
    _create_grants()


def downgrade() -> None:
    for table in (
        "refresh_tokens",
        "access_tokens",
        "authorization_codes",
        "grants",
        "revocations",
        "provider_grants",
        "connector_links",
        "connection_attempts",
        "flows",
        "notices",
        "sessions",
        "users",
        "resources",
        "clients",
    ):
        op.drop_table(table)


def _create_clients_and_people() -> None:
    op.create_table(
        "clients",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("redirect_uris", TEXT, nullable=False),
        sa.Column("auth_method", TEXT, nullable=False),
        sa.Column("secret_digest", TEXT),
        sa.Column("client_uri", TEXT),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "resources",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("uri", TEXT, nullable=False, unique=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("secret_digest", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "users",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("email", TEXT, nullable=False, unique=True),
        sa.Column("password_hash", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", TEXT, primary_key=True),
        sa.Column("user_id", TEXT, _owner(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False, index=True),
    )
    op.create_table(
        "notices",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("session", TEXT, nullable=False, index=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("connector", TEXT, nullable=False),
        sa.Column("detail", TEXT),
        sa.Column("account", TEXT),
        sa.Column("flow_ended", sa.Boolean(), nullable=False),
        sa.Column("at", TIME, nullable=False, index=True),
    )


def _create_flows() -> None:
    op.create_table(
        "flows",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("user_id", TEXT, _owner(), nullable=False),
        sa.Column("browser", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("redirect_uri", TEXT, nullable=False),
        sa.Column("state", TEXT),
        sa.Column("challenge", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("resource", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False, index=True),
        sa.Column("outcome", TEXT),
        sa.Column("closed_at", TIME),
    )
    op.create_table(
        "connection_attempts",
        sa.Column("state_digest", TEXT, primary_key=True),
        sa.Column("user_id", TEXT, _owner(), nullable=False),
        sa.Column("session", TEXT, nullable=False),
        sa.Column("flow_id", TEXT),
        sa.Column("connector", TEXT, nullable=False),
        sa.Column("level", TEXT, nullable=False),
        sa.Column("sealed_trip", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False, index=True),
        sa.Column("taken_at", TIME),
    )


def _create_connections() -> None:
    op.create_table(
        "connector_links",
        sa.Column("user_id", TEXT, _owner(), primary_key=True),
        sa.Column("connector", TEXT, primary_key=True),
        sa.Column("grant_id", TEXT, nullable=False),
        sa.Column("account_subject", TEXT, nullable=False),
        sa.Column("account_email", TEXT),
        sa.Column("organisation_id", TEXT),
        sa.Column("organisation_name", TEXT),
        sa.Column("organisation_connection_id", TEXT),
        sa.Column("level", TEXT, nullable=False),
        sa.Column("granted", TEXT, nullable=False),
        sa.Column("connected_at", TIME, nullable=False),
        sa.Column("last_used_at", TIME),
        sa.Column("attention", TEXT),
    )
    op.create_table(
        "provider_grants",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("user_id", TEXT, _owner(), nullable=False),
        sa.Column("connector", TEXT, nullable=False),
        sa.Column("organisation_id", TEXT),
        sa.Column("sealed_tokens", TEXT, nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Index(None, "provider", "subject"),
    )
    op.create_table(
        "revocations",
        sa.Column("grant_id", TEXT, primary_key=True),
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("connector", TEXT, nullable=False),
        sa.Column("plan", TEXT, nullable=False),
        sa.Column("organisation_id", TEXT),
        sa.Column("connection_id", TEXT),
        sa.Column("sealed_tokens", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("next_try_at", TIME, nullable=False, index=True),
        sa.Column("tries", sa.Integer(), nullable=False),
    )


def _create_grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("user_id", TEXT, _owner(), nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("redirect_uri", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("resource", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False, index=True),
        sa.Column("revoked_at", TIME),
    )
    op.create_table(
        "authorization_codes",
        sa.Column("digest", TEXT, primary_key=True),
        sa.Column("flow_id", TEXT, nullable=False),
        sa.Column("grant_id", TEXT, _approval(), nullable=False, index=True),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("redirect_uri", TEXT, nullable=False),
        sa.Column("challenge", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("resource", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False, index=True),
        sa.Column("redeemed_at", TIME),
        sa.Column("sealed_code", TEXT),
        sa.UniqueConstraint("flow_id"),
    )
    op.create_table(
        "access_tokens",
        sa.Column("digest", TEXT, primary_key=True),
        sa.Column("grant_id", TEXT, _approval(), nullable=False, index=True),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("resource", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False, index=True),
        sa.Column("revoked_at", TIME),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("digest", TEXT, primary_key=True),
        sa.Column("grant_id", TEXT, _approval(), nullable=False, index=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False, index=True),
        sa.Column("rotated_at", TIME),
    )
