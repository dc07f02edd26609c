"""Users' connections, in SQL; every statement names the user, or the account for what happens to all its links."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import ColumnElement, RowMapping, and_, exists, select

from pip_hub.adapters.sql.accounts import hold_account
from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.organisations import organisation_columns, organisation_in
from pip_hub.adapters.sql.tables import connector_links as links
from pip_hub.domain.connector_link import ConnectorLink, ProviderAccount
from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, ProviderKey, UserId


@attrs.frozen
class SqlConnectorLinks:
    """Users' connections."""

    _connection: SqlConnection

    async def put(self, link: ConnectorLink) -> ConnectorLink | None:
        row = row_of(link)
        replaced = await self.hold(link.user_id, link.connector)
        await hold_account(self._connection, link.provider, link.account.subject)
        if replaced is None:
            insert = self._connection.insert(links).values(row).on_conflict_do_nothing()
            if await self._connection.count(insert) == 1:
                return None
            # Somebody else's first link was quicker: ours replaces it, unless it has gone again meanwhile.
            return await self.put(link)
        await self._connection.run(links.update().where(_is(link.user_id, link.connector)).values(row))
        return replaced

    async def get(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        row = await self._connection.one(select(links).where(_is(user_id, connector)))
        return link_in(row) if row else None

    async def hold(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        if not await self._hold_account_of(user_id, connector):
            return None
        # FOR UPDATE does nothing on SQLite, where the whole unit is alone anyway.
        row = await self._connection.one(select(links).where(_is(user_id, connector)).with_for_update())
        return link_in(row) if row else None

    async def of_user(self, user_id: UserId) -> tuple[ConnectorLink, ...]:
        statement = select(links).where(links.c.user_id == user_id).order_by(links.c.connector)
        return tuple(link_in(row) for row in await self._connection.many(statement))

    async def sharing(self, provider: ProviderKey, subject: str) -> tuple[ConnectorLink, ...]:
        await hold_account(self._connection, provider, subject)
        statement = (
            select(links)
            .where(_shares(provider, subject))
            .order_by(links.c.user_id, links.c.connector)
            .with_for_update()
        )
        return tuple(link_in(row) for row in await self._connection.many(statement))

    async def is_shared_by_others(self, user_id: UserId, provider: ProviderKey, subject: str) -> bool:
        others = exists().where(_shares(provider, subject), links.c.user_id != user_id)
        return bool((await self._connection.run(select(others))).scalar_one())

    async def used(
        self, user_id: UserId, connector: ConnectorKey, grant_id: ProviderGrantId, at: datetime
    ) -> ConnectorLink | None:
        row = await self._connection.one(
            links.update()
            .where(_is(user_id, connector), links.c.grant_id == grant_id)
            .values(last_used_at=at)
            .returning(links)
        )
        return link_in(row) if row else None

    async def remove(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        if not await self._hold_account_of(user_id, connector):
            return None
        row = await self._connection.one(links.delete().where(_is(user_id, connector)).returning(links))
        return link_in(row) if row else None

    async def _hold_account_of(self, user_id: UserId, connector: ConnectorKey) -> bool:
        """Hold the account that the link is to: while it is held, the link stays with it.

        False when there is no link: should it come now, its row must not be locked before its account.
        """
        if not self._connection.is_postgresql:
            return True
        held: tuple[ProviderKey, str] | None = None
        while (link := await self.get(user_id, connector)) is not None:
            account = (link.provider, link.account.subject)
            if account == held:
                return True
            await hold_account(self._connection, *account)
            held = account
        return False


def _is(user_id: UserId, connector: ConnectorKey) -> ColumnElement[bool]:
    return and_(links.c.user_id == user_id, links.c.connector == connector)


def _shares(provider: ProviderKey, subject: str) -> ColumnElement[bool]:
    return and_(links.c.provider == provider, links.c.account_subject == subject)


def row_of(link: ConnectorLink) -> dict[str, Any]:
    """The link, its account and its organisation as one row."""
    return {
        "user_id": link.user_id,
        "connector": link.connector,
        "provider": link.provider,
        "grant_id": link.grant_id,
        "account_subject": link.account.subject,
        "account_email": link.account.email,
        **organisation_columns(link.account.organisation),
        "organisations": link.organisations,
        "level": link.level,
        "granted": link.granted,
        "connected_at": link.connected_at,
        "last_used_at": link.last_used_at,
        "attention": link.attention,
    }


def link_in(row: RowMapping) -> ConnectorLink:
    """The link in a row."""
    return ConnectorLink(
        user_id=row["user_id"],
        connector=row["connector"],
        provider=row["provider"],
        grant_id=row["grant_id"],
        account=ProviderAccount(
            subject=row["account_subject"], email=row["account_email"], organisation=organisation_in(row)
        ),
        level=row["level"],
        granted=row["granted"],
        connected_at=row["connected_at"],
        last_used_at=row["last_used_at"],
        attention=row["attention"],
        organisations=row["organisations"],
    )
