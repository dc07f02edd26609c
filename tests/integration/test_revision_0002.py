"""A database of the version before goes on working: connections, their tokens, and what is still owed."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import attrs
import pytest
from alembic import command
from anyio import to_thread
from sqlalchemy import Connection, MetaData, Table, select

from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.adapters.sql.engine import make_engine
from pip_hub.adapters.sql.migration import alembic_config, migrate
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from pip_hub.domain.connector_link import Attention, ConnectorLink, Organisation, ProviderAccount
from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, ProviderKey, RevocationId, UserId
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import ProviderAccess, ProviderGrant, ProviderTokens, grant_context
from pip_hub.domain.revocation import ForgetPlan, Revocation
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Sealed, Secret
from tests.builders import NOW, an_activity_entry

pytestmark = pytest.mark.anyio

T = TypeVar("T")

LATER = NOW + timedelta(days=1)
OLD_TOKENS = Secret(
    json.dumps(
        {"access": "access", "refresh": "refresh", "expires_at": NOW.isoformat(), "granted": "openid sheets.read"}
    )
)
"""As the version before packed them."""

Row = dict[str, Any]
Rows = dict[str, list[Row]]


def a_user_row(name: str) -> Row:
    return {"id": name, "email": f"{name}@example.com", "password_hash": "none", "created_at": NOW}


def a_link_row(user: str, connector: str, grant: str, **more: Any) -> Row:
    return {
        "user_id": user,
        "connector": connector,
        "grant_id": grant,
        "account_subject": "subject-1",
        "account_email": "owner@example.com",
        "organisation_id": None,
        "organisation_name": None,
        "organisation_connection_id": None,
        "level": "read",
        "granted": "openid",
        "connected_at": NOW,
        "last_used_at": None,
        "attention": None,
    } | more


def a_grant_row(name: str, user: str, connector: str, provider: str, **more: Any) -> Row:
    return {
        "id": name,
        "provider": provider,
        "subject": "subject-1",
        "user_id": user,
        "connector": connector,
        "organisation_id": None,
        "sealed_tokens": f"sealed for {name}",
        "generation": 0,
        "created_at": NOW,
    } | more


def a_revocation_row(grant: str, **more: Any) -> Row:
    return {
        "grant_id": grant,
        "provider": "xero",
        "subject": "subject-1",
        "user_id": "ann",
        "connector": "xero",
        "plan": "revoke",
        "organisation_id": None,
        "connection_id": None,
        "sealed_tokens": f"sealed for {grant}",
        "created_at": NOW,
        "next_try_at": LATER,
        "tries": 2,
    } | more


BEFORE: Rows = {
    "users": [a_user_row("ann"), a_user_row("bob")],
    "connector_links": [
        a_link_row("ann", "gmail", "ann-gmail"),
        a_link_row(
            "ann",
            "xero",
            "ann-xero",
            organisation_id="org-1",
            organisation_name='Demo "Company" \x1b0000 (AU)',
            organisation_connection_id="con-1",
            last_used_at=LATER,
        ),
        a_link_row("bob", "gmail", "lost", account_email=None, account_subject="subject-2"),
        a_link_row("bob", "xero", "bob-xero", level="write", account_subject="subject-3", attention="refused"),
    ],
    "provider_grants": [
        a_grant_row("ann-gmail", "ann", "gmail", "google"),
        a_grant_row("ann-xero", "ann", "xero", "xero", organisation_id="org-1", generation=4),
        a_grant_row("bob-xero", "bob", "xero", "xero", subject="subject-3"),
    ],
    "revocations": [
        a_revocation_row("gone-1", plan="remove_organisation", organisation_id="org-2", connection_id="con-2"),
        a_revocation_row("gone-2", subject="nobody's", connector="gmail", provider="google"),
        a_revocation_row(
            "gone-3", subject="alone", plan="remove_organisation", organisation_id="org-1", connection_id="con-3"
        ),
        a_revocation_row("gone-4", organisation_id="org-1"),
    ],
}
DEMO = Organisation(id="org-1", name='Demo "Company" \x00 (AU)', connection_id="con-1")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any tables."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/hub.db"
    new_database: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return new_database()


@pytest.fixture
async def url(empty_url: str) -> str:
    """A database of the version before, with all kinds of connections in it."""
    await to_thread.run_sync(command.upgrade, alembic_config(empty_url), "0001")
    await _write(empty_url, BEFORE)
    return empty_url


@pytest.fixture
async def storage(url: str) -> AsyncIterator[SqlStorage]:
    """The same, brought to this version."""
    await to_thread.run_sync(migrate, url)
    storage = SqlStorage(url)
    yield storage
    await storage.dispose()


async def test_links_get_the_provider_of_their_grant_and_the_organisation_they_chose(storage: SqlStorage) -> None:
    gmail = ConnectorLink(
        user_id=UserId("ann"),
        connector=ConnectorKey("gmail"),
        provider=ProviderKey("google"),
        grant_id=ProviderGrantId("ann-gmail"),
        account=ProviderAccount(subject="subject-1", email="owner@example.com"),
        level=Level.READ,
        granted=Scopes.of("openid"),
        connected_at=NOW,
    )
    xero = attrs.evolve(
        gmail,
        connector=ConnectorKey("xero"),
        provider=ProviderKey("xero"),
        grant_id=ProviderGrantId("ann-xero"),
        account=attrs.evolve(gmail.account, organisation=DEMO),
        last_used_at=LATER,
        organisations=(DEMO,),
    )
    async with storage.unit_of_work() as work:
        assert await work.connector_links.of_user(UserId("ann")) == (gmail, xero)


async def test_a_link_that_had_lost_its_tokens_or_was_refused_asks_for_attention(storage: SqlStorage) -> None:
    async with storage.unit_of_work() as work:
        links = await work.connector_links.of_user(UserId("bob"))
    assert [(link.provider, link.attention) for link in links] == [
        ("google", Attention.GRANT_ENDED),
        ("xero", Attention.GRANT_ENDED),
    ]


async def test_grants_keep_their_ids_tokens_and_generations(storage: SqlStorage) -> None:
    async with storage.unit_of_work() as work:
        assert await work.provider_grants.get(ProviderGrantId("ann-xero")) == ProviderGrant(
            id=ProviderGrantId("ann-xero"),
            provider=ProviderKey("xero"),
            subject="subject-1",
            sealed_tokens=Sealed("sealed for ann-xero"),
            generation=4,
            refreshed_at=NOW,
        )


async def test_what_is_owed_stays_owed_under_the_label_that_is_left(storage: SqlStorage) -> None:
    async with storage.unit_of_work() as work:
        owed = {revocation.id: revocation for revocation in await work.revocations.of_user(UserId("ann"))}
    assert set(owed) == {"gone-1", "gone-2", "gone-3", "gone-4"}
    assert owed[RevocationId("gone-2")] == Revocation(
        id=RevocationId("gone-2"),
        grant_id=ProviderGrantId("gone-2"),
        provider=ProviderKey("google"),
        subject="nobody's",
        user_id=UserId("ann"),
        connector=ConnectorKey("gmail"),
        plan=ForgetPlan.REVOKE,
        account="nobody's",
        organisation=None,
        sealed_tokens=Sealed("sealed for gone-2"),
        created_at=NOW,
        next_try_at=LATER,
        tries=2,
    )
    assert owed[RevocationId("gone-4")].account == "owner@example.com"
    assert owed[RevocationId("gone-4")].organisation is None


async def test_an_organisation_is_removed_with_the_tokens_of_those_who_stay(storage: SqlStorage) -> None:
    async with storage.unit_of_work() as work:
        owed = {revocation.id: revocation for revocation in await work.revocations.of_user(UserId("ann"))}
    with_others, alone = owed[RevocationId("gone-1")], owed[RevocationId("gone-3")]
    assert (with_others.grant_id, with_others.sealed_tokens) == ("ann-xero", None)
    assert with_others.organisation == Organisation(id="org-2", name="org-2", connection_id="con-2")
    assert (alone.grant_id, alone.sealed_tokens) == ("gone-3", Sealed("sealed for gone-3"))
    assert alone.organisation == attrs.evolve(DEMO, connection_id="con-3")


async def test_tokens_sealed_before_open_and_those_sealed_now_open_for_the_version_before() -> None:
    vault, context = MemoryVault(), grant_context(ProviderGrantId("ann-xero"))
    tokens = ProviderTokens.unpack(await vault.open(await vault.seal(OLD_TOKENS, context), context))
    assert tokens == ProviderTokens(
        access=ProviderAccess(token=Secret("access"), expires_at=NOW),
        refresh=Secret("refresh"),
        granted=Scopes.of("openid", "sheets.read"),
    )
    packed = json.loads(attrs.evolve(tokens, narrow=tokens.access).packed().reveal())
    assert {name: packed[name] for name in json.loads(OLD_TOKENS.reveal())} == json.loads(OLD_TOKENS.reveal())


async def test_a_connection_of_the_version_before_is_used_renewed_and_ended(storage: SqlStorage) -> None:
    ann, xero, grant_id = UserId("ann"), ConnectorKey("xero"), ProviderGrantId("ann-xero")
    async with storage.unit_of_work() as work:
        assert await work.connector_links.used(ann, xero, grant_id, LATER) is not None
        leased = await work.provider_grants.lease(grant_id, 4, NOW, LATER)
        assert leased is not None
        assert await work.provider_grants.replace(leased, leased.renewed(Sealed("renewed"), LATER))
        await work.commit()
    async with storage.unit_of_work() as work:
        assert await work.connector_links.remove(ann, xero) is not None
        assert await work.connector_links.sharing(ProviderKey("xero"), "subject-1") == ()
        removed = await work.provider_grants.remove(grant_id)
        assert removed is not None
        assert removed.sealed_tokens == Sealed("renewed")
        await work.activity.add(an_activity_entry(user_id=ann))
        await work.commit()


async def test_going_back_leaves_what_the_version_before_can_use(storage: SqlStorage, url: str) -> None:
    async with storage.unit_of_work() as work:
        await work.activity.add(an_activity_entry(user_id=UserId("ann")))
        await work.commit()
    await storage.dispose()
    await to_thread.run_sync(command.downgrade, alembic_config(url), "0001")
    after = await _read(url, BEFORE)
    assert after["users"] == BEFORE["users"]
    assert after["provider_grants"] == BEFORE["provider_grants"]
    assert [row | {"attention": None} for row in after["connector_links"]] == [
        row | {"attention": None} for row in BEFORE["connector_links"]
    ]
    assert [row["grant_id"] for row in after["revocations"]] == ["ann-xero", "gone-2", "gone-3", "gone-4"]
    assert after["revocations"][0]["sealed_tokens"] == "sealed for ann-xero"
    assert after["revocations"][1:3] == BEFORE["revocations"][1:3]


async def test_going_back_gives_a_shared_grant_to_its_first_link_and_drops_what_nobody_could_use(
    storage: SqlStorage, url: str
) -> None:
    async with storage.unit_of_work() as work:
        gmail = await work.connector_links.get(UserId("ann"), ConnectorKey("gmail"))
        assert gmail is not None
        await work.connector_links.put(attrs.evolve(gmail, connector=ConnectorKey("sheets")))
        owed = await work.revocations.settle(RevocationId("gone-1"))
        assert owed is not None
        for name, grant in (("gone-1", "ann-gmail"), ("gone-1a", "ann-gmail"), ("nothing to ask with", "unknown")):
            await work.revocations.add(
                attrs.evolve(owed, id=RevocationId(name), grant_id=ProviderGrantId(grant), sealed_tokens=None)
            )
        await work.connector_links.remove(UserId("bob"), ConnectorKey("xero"))
        await work.commit()
    await storage.dispose()
    await to_thread.run_sync(command.downgrade, alembic_config(url), "0001")
    after = await _read(url, BEFORE)
    assert [(row["id"], row["connector"]) for row in after["provider_grants"]] == [
        ("ann-gmail", "gmail"),
        ("ann-xero", "xero"),
    ]
    assert [row["grant_id"] for row in after["revocations"]] == ["ann-gmail", "gone-2", "gone-3", "gone-4"]


async def test_going_back_and_forth_changes_nothing_more(storage: SqlStorage, url: str) -> None:
    async with storage.unit_of_work() as work:
        before = [await work.connector_links.of_user(UserId(name)) for name in ("ann", "bob")]
    await storage.dispose()
    await to_thread.run_sync(command.downgrade, alembic_config(url), "0001")
    await to_thread.run_sync(migrate, url)
    async with storage.unit_of_work() as work:
        assert [await work.connector_links.of_user(UserId(name)) for name in ("ann", "bob")] == before


# -- Rows of the version before, as they are ---------------------------------------------------------------------------


async def _write(url: str, rows: Rows) -> None:
    def insert(connection: Connection) -> None:
        for name, values in rows.items():
            connection.execute(_table(connection, name).insert(), [_naive(connection, row) for row in values])
        connection.commit()

    await _run(url, insert)


async def _read(url: str, names: Sequence[str] | Rows) -> Rows:
    def read(connection: Connection) -> Rows:
        found: Rows = {}
        for name in names:
            table = _table(connection, name)
            ordered = select(table).order_by(*table.primary_key)
            found[name] = [_aware(dict(row)) for row in connection.execute(ordered).mappings()]
        return found

    return await _run(url, read)


async def _run(url: str, task: Callable[[Connection], T]) -> T:
    engine = make_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(task)
    finally:
        await engine.dispose()


def _table(connection: Connection, name: str) -> Table:
    return Table(name, MetaData(), autoload_with=connection, resolve_fks=False)


def _naive(connection: Connection, row: Row) -> Row:
    """SQLite has no time zones; what is stored is UTC."""
    if connection.dialect.name != "sqlite":
        return row
    return {name: value.replace(tzinfo=None) if isinstance(value, datetime) else value for name, value in row.items()}


def _aware(row: Row) -> Row:
    return {
        name: value.replace(tzinfo=NOW.tzinfo) if isinstance(value, datetime) and value.tzinfo is None else value
        for name, value in row.items()
    }
