"""Users' connections, in SQL; every statement names the user."""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import ColumnElement, RowMapping, and_, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.tables import connector_links as links
from pip_hub.domain.connector_link import ConnectorLink, Organisation, ProviderAccount
from pip_hub.domain.identifiers import ConnectorKey, UserId


@attrs.frozen
class SqlConnectorLinks:
    """Users' connections."""

    _connection: SqlConnection

    async def put(self, link: ConnectorLink) -> ConnectorLink | None:
        row = row_of(link)
        ours = _is(link.user_id, link.connector)
        insert = self._connection.insert(links).values(row).on_conflict_do_nothing()
        while await self._connection.count(insert) == 0:
            # There is one already, and it stays as it is until we have replaced it; unless somebody was quicker to
            # remove it, in which case the insertion comes again.
            replaced = await self._connection.one(select(links).where(ours).with_for_update())
            if replaced is not None:
                await self._connection.run(links.update().where(ours).values(row))
                return link_in(replaced)
        return None

    async def get(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        row = await self._connection.one(select(links).where(_is(user_id, connector)))
        return link_in(row) if row else None

    async def of_user(self, user_id: UserId) -> tuple[ConnectorLink, ...]:
        statement = select(links).where(links.c.user_id == user_id).order_by(links.c.connector)
        return tuple(link_in(row) for row in await self._connection.many(statement))

    async def remove(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        row = await self._connection.one(links.delete().where(_is(user_id, connector)).returning(links))
        return link_in(row) if row else None


def _is(user_id: UserId, connector: ConnectorKey) -> ColumnElement[bool]:
    return and_(links.c.user_id == user_id, links.c.connector == connector)


def row_of(link: ConnectorLink) -> dict[str, Any]:
    """The link, its account and its organisation as one row."""
    organisation = link.account.organisation
    return {
        "user_id": link.user_id,
        "connector": link.connector,
        "grant_id": link.grant_id,
        "account_subject": link.account.subject,
        "account_email": link.account.email,
        "organisation_id": organisation.id if organisation else None,
        "organisation_name": organisation.name if organisation else None,
        "organisation_connection_id": organisation.connection_id if organisation else None,
        "level": link.level,
        "granted": link.granted,
        "connected_at": link.connected_at,
        "last_used_at": link.last_used_at,
        "attention": link.attention,
    }


def link_in(row: RowMapping) -> ConnectorLink:
    """The link in a row."""
    organisation = None
    if row["organisation_id"] is not None:
        organisation = Organisation(
            id=row["organisation_id"],
            name=row["organisation_name"],
            connection_id=row["organisation_connection_id"],
        )
    return ConnectorLink(
        user_id=row["user_id"],
        connector=row["connector"],
        grant_id=row["grant_id"],
        account=ProviderAccount(subject=row["account_subject"], email=row["account_email"], organisation=organisation),
        level=row["level"],
        granted=row["granted"],
        connected_at=row["connected_at"],
        last_used_at=row["last_used_at"],
        attention=row["attention"],
    )
