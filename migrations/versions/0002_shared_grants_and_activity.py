"""Links know their provider and organisations, grants belong to accounts and are leased, and there is a log.

Revision: 0002, after 0001
"""

import json
import re
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
TIME = sa.DateTime(timezone=True)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _check_at_once()
    # The links first: their provider is read from the grants, while these still say whose they are.
    _give_links_their_provider_and_organisations()
    _give_revocations_an_identity()
    _take_grants_from_their_owners()
    _create_activity()


def downgrade() -> None:
    _check_at_once()
    op.drop_table("activity")
    _give_grants_to_an_owner()
    _take_the_identity_of_revocations()
    _take_provider_and_organisations_of_links()


def _check_at_once() -> None:
    """PostgreSQL alters no table of which it has still to check the rows that were just changed."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")


# -- Links ------------------------------------------------------------------------------------------------------------


def _give_links_their_provider_and_organisations() -> None:
    with op.batch_alter_table("connector_links") as links:
        links.add_column(sa.Column("provider", TEXT))
        links.add_column(sa.Column("organisations", TEXT))
    op.execute(
        # Every link was stored together with its grant. One without can only be connected again, and for that any word
        # will do; the connector's own is the provider's for those that are alone with their provider.
        """
        UPDATE connector_links SET
            provider = coalesce(
                (SELECT provider FROM provider_grants WHERE provider_grants.id = connector_links.grant_id),
                (SELECT min(provider) FROM provider_grants WHERE provider_grants.connector = connector_links.connector),
                connector
            ),
            attention = CASE
                WHEN attention IS NULL AND EXISTS (
                    SELECT 1 FROM provider_grants WHERE provider_grants.id = connector_links.grant_id
                ) THEN NULL
                ELSE 'grant_ended'
            END,
            organisations = '[]'
        """
    )
    _list_the_chosen_organisation()
    with op.batch_alter_table("connector_links") as links:
        links.alter_column("provider", existing_type=TEXT, nullable=False)
        links.alter_column("organisations", existing_type=TEXT, nullable=False)
        links.create_index(op.f("ix_connector_links_provider_account_subject"), ["provider", "account_subject"])


def _list_the_chosen_organisation() -> None:
    """Those that an account reaches were never stored; the one that was chosen is known to be one of them."""
    links = sa.table(
        "connector_links",
        *(
            sa.column(name, sa.Text())
            for name in (
                "user_id",
                "connector",
                "organisation_id",
                "organisation_name",
                "organisation_connection_id",
                "organisations",
            )
        ),
    )
    chosen = sa.select(links).where(links.c.organisation_id.is_not(None))
    for row in op.get_bind().execute(chosen).all():
        fields = {
            "id": row.organisation_id,
            "name": row.organisation_name,
            "connection_id": row.organisation_connection_id,
        }
        op.execute(
            links.update()
            .where(links.c.user_id == row.user_id, links.c.connector == row.connector)
            .values(organisations=_written([{name: _plain(text) for name, text in fields.items()}]))
        )


def _plain(stored: str) -> str:
    """The text behind its stored form, in which what a database cannot hold stands as ESC and four hex digits."""
    return re.sub("\x1b([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), stored)


def _written(organisations: Sequence[dict[str, str]]) -> str:
    text = json.dumps(organisations, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda match: f"\x1b{ord(match[0]):04x}", text)


def _take_provider_and_organisations_of_links() -> None:
    op.drop_index(op.f("ix_connector_links_provider_account_subject"), "connector_links")
    with op.batch_alter_table("connector_links") as links:
        links.drop_column("organisations")
        links.drop_column("provider")


# -- Revocations ------------------------------------------------------------------------------------------------------


def _give_revocations_an_identity() -> None:
    with op.batch_alter_table("revocations") as revocations:
        revocations.add_column(sa.Column("id", TEXT))
        revocations.add_column(sa.Column("account", TEXT))
        revocations.add_column(sa.Column("organisation_name", TEXT))
        revocations.alter_column("connection_id", new_column_name="organisation_connection_id", existing_type=TEXT)
        revocations.alter_column("sealed_tokens", existing_type=TEXT, nullable=True)
    op.execute("UPDATE revocations SET organisation_id = NULL WHERE organisation_connection_id IS NULL")
    op.execute(
        # The names went with the link. Where another link of the account is left it has them, else the ids must do.
        """
        UPDATE revocations SET
            id = grant_id,
            account = coalesce(
                (SELECT min(account_email) FROM connector_links
                    WHERE connector_links.provider = revocations.provider
                    AND connector_links.account_subject = revocations.subject),
                subject
            ),
            organisation_name = coalesce(
                (SELECT min(organisation_name) FROM connector_links
                    WHERE connector_links.provider = revocations.provider
                    AND connector_links.organisation_id = revocations.organisation_id),
                organisation_id
            )
        """
    )
    op.execute(
        # One organisation is removed with the tokens of the links that keep the others, no longer with its own.
        """
        UPDATE revocations SET sealed_tokens = NULL, grant_id = (
            SELECT min(id) FROM provider_grants
                WHERE provider_grants.provider = revocations.provider AND provider_grants.subject = revocations.subject
        )
        WHERE plan = 'remove_organisation' AND EXISTS (
            SELECT 1 FROM provider_grants
                WHERE provider_grants.provider = revocations.provider AND provider_grants.subject = revocations.subject
        )
        """
    )
    _key_revocations_by("id")
    op.create_index(op.f("ix_revocations_user_id"), "revocations", ["user_id"])


def _take_the_identity_of_revocations() -> None:
    op.drop_index(op.f("ix_revocations_user_id"), "revocations")
    # The version before has one revocation per grant, with tokens: those of the grant, which it was to be asked with.
    op.execute(
        """
        UPDATE revocations SET sealed_tokens = (
            SELECT sealed_tokens FROM provider_grants WHERE provider_grants.id = revocations.grant_id
        )
        WHERE sealed_tokens IS NULL
        """
    )
    op.execute(
        """
        DELETE FROM revocations WHERE sealed_tokens IS NULL
            OR EXISTS (SELECT 1 FROM revocations AS first WHERE first.grant_id = revocations.grant_id
                AND first.sealed_tokens IS NOT NULL AND first.id < revocations.id)
        """
    )
    _key_revocations_by("grant_id")
    with op.batch_alter_table("revocations") as revocations:
        revocations.drop_column("id")
        revocations.drop_column("account")
        revocations.drop_column("organisation_name")
        revocations.alter_column("organisation_connection_id", new_column_name="connection_id", existing_type=TEXT)
        revocations.alter_column("sealed_tokens", existing_type=TEXT, nullable=False)


def _key_revocations_by(column: str) -> None:
    with op.batch_alter_table("revocations") as revocations:
        revocations.drop_constraint(op.f("pk_revocations"), type_="primary")
        revocations.alter_column("id", existing_type=TEXT, nullable=False)
        revocations.alter_column("account", existing_type=TEXT, nullable=False)
        revocations.create_primary_key(op.f("pk_revocations"), [column])


# -- Grants -----------------------------------------------------------------------------------------------------------


def _take_grants_from_their_owners() -> None:
    op.drop_index(op.f("ix_provider_grants_provider_subject"), "provider_grants")
    with op.batch_alter_table("provider_grants") as grants:
        grants.drop_constraint(op.f("fk_provider_grants_user_id"), type_="foreignkey")
        grants.drop_column("user_id")
        grants.drop_column("connector")
        grants.drop_column("organisation_id")
        # Nothing was ever refreshed so far.
        grants.alter_column("created_at", new_column_name="refreshed_at", existing_type=TIME)
        grants.add_column(sa.Column("lease_until", TIME))
    op.create_index(op.f("ix_provider_grants_provider_refreshed_at"), "provider_grants", ["provider", "refreshed_at"])


def _give_grants_to_an_owner() -> None:
    op.drop_index(op.f("ix_provider_grants_provider_refreshed_at"), "provider_grants")
    with op.batch_alter_table("provider_grants") as grants:
        grants.drop_column("lease_until")
        grants.alter_column("refreshed_at", new_column_name="created_at", existing_type=TIME)
        grants.add_column(sa.Column("user_id", TEXT))
        grants.add_column(sa.Column("connector", TEXT))
        grants.add_column(sa.Column("organisation_id", TEXT))
    # Of several links that hang on one grant, the version before can give it to one only: the first.
    for column in ("user_id", "connector", "organisation_id"):
        op.execute(
            f"""
            UPDATE provider_grants SET {column} = (
                SELECT {column} FROM connector_links WHERE grant_id = provider_grants.id
                    ORDER BY connector_links.user_id, connector_links.connector LIMIT 1
            )
            """  # noqa: S608 - the three names above
        )
    op.execute("DELETE FROM provider_grants WHERE user_id IS NULL")
    with op.batch_alter_table("provider_grants") as grants:
        grants.alter_column("user_id", existing_type=TEXT, nullable=False)
        grants.alter_column("connector", existing_type=TEXT, nullable=False)
        grants.create_foreign_key(
            op.f("fk_provider_grants_user_id"), "users", ["user_id"], ["id"], deferrable=True, initially="DEFERRED"
        )
    op.create_index(op.f("ix_provider_grants_provider_subject"), "provider_grants", ["provider", "subject"])


# -- The log ----------------------------------------------------------------------------------------------------------


def _create_activity() -> None:
    op.create_table(
        "activity",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("connector", TEXT, nullable=False),
        sa.Column("detail", TEXT),
        sa.Column("account", TEXT),
        sa.Column("client", TEXT),
        sa.Column("at", TIME, nullable=False, index=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("line", TEXT, nullable=False),
        sa.UniqueConstraint("user_id", "line"),
        sa.Index(None, "user_id", "at"),
    )
