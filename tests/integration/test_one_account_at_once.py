"""People who share one account at a provider disconnect, connect, renew and change at once, in a real database.

Nobody is told that the storage is unavailable, which is what a deadlock would look like.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import attrs
import pytest

from pip_hub.adapters.contracts.storage.base import at_once
from pip_hub.adapters.memory.passwords import FewCommonPasswords
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.connectors.change_level import ChangeLevelCommand
from pip_hub.application.connectors.disconnect import DisconnectCommand
from pip_hub.application.connectors.refresh_provider_tokens import Wanted
from pip_hub.domain.errors import GrantGone, ProviderRefused, ProviderUnreachable
from pip_hub.domain.identifiers import ProviderKey
from pip_hub.domain.provider_grant import grant_id_for
from pip_hub.domain.secret import Secret
from pip_hub.entrypoints.use_cases import UseCases
from tests.support.core import Core, a_core

PEOPLE = 8
XERO, GOOGLE = ProviderKey("xero"), ProviderKey("google")
SHARED_GRANT = grant_id_for(XERO, "xero-subject-1", link_of=None)


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def storage(database_url: str) -> AsyncIterator[SqlStorage]:
    storage = SqlStorage(database_url)
    yield storage
    await storage.dispose()


@pytest.fixture
def core(storage: SqlStorage) -> Core:
    """The core over this database; everything else is in memory."""
    core = a_core()
    uses = UseCases(
        catalogue=core.catalogue,
        unit_of_work=storage.unit_of_work,
        gateway=core.gateway,
        vault=core.vault,
        hasher=core.hasher,
        common_passwords=FewCommonPasswords(),
        clock=core.clock,
        secrets=core.secrets,
        policy=core.policy,
    )
    return attrs.evolve(core, uses=uses)


async def everybody(core: Core, *connectors: str) -> list[Visitor]:
    """People who have all connected the very same accounts."""
    people = [await core.sign_in(f"person-{number}@example.com") for number in range(PEOPLE)]
    for person in people:
        for connector in connectors:
            await core.connect(person, connector)
    return people


async def renew(core: Core) -> None:
    """Whatever a provider may have to say about it by now."""
    spec = core.catalogue.get("xero")
    assert spec is not None
    try:
        await core.uses.refresh_provider_tokens()(spec, Wanted(grant_id=SHARED_GRANT))
    except (GrantGone, ProviderRefused, ProviderUnreachable):
        return


@pytest.mark.anyio
async def test_all_disconnect_at_once_and_the_last_one_revokes(core: Core, storage: SqlStorage) -> None:
    people = await everybody(core, "xero")
    await at_once([partial(core.disconnect, person, "xero") for person in people])
    async with storage.unit_of_work() as work:
        assert await work.connector_links.sharing(XERO, "xero-subject-1") == ()
        assert await work.provider_grants.get(SHARED_GRANT) is None
    assert len(core.gateway.revoked) == 1


@pytest.mark.anyio
async def test_all_disconnect_all_services_of_one_account_at_once(core: Core, storage: SqlStorage) -> None:
    people = await everybody(core, "gmail", "sheets")
    disconnect = core.uses.disconnect()
    calls = [
        partial(disconnect, DisconnectCommand(visitor=person, connector=connector, whole_account=True))
        for person in people
        for connector in ("gmail", "sheets")
    ]
    await at_once(calls)
    async with storage.unit_of_work() as work:
        assert await work.connector_links.sharing(GOOGLE, "google-subject-1") == ()
        assert await work.provider_grants.idle(GOOGLE, core.wait(days=1), PEOPLE) == ()
    assert core.gateway.revoked


@pytest.mark.anyio
async def test_everything_happens_to_one_account_at_once(core: Core, storage: SqlStorage) -> None:
    people = await everybody(core, "xero", "gmail", "sheets")
    core.wait(minutes=40)  # the access tokens have expired
    trips = {person: await core.leave(person, "xero") for person in people[4:]}
    calls: list[Callable[[], Awaitable[object]]] = [
        *(partial(core.come_back, person, state, "xero") for person, state in trips.items()),
        *(partial(core.disconnect, person, "xero") for person in people[:6]),
        *(
            partial(core.uses.disconnect(), DisconnectCommand(visitor=person, connector="gmail", whole_account=True))
            for person in people[::2]
        ),
        *(
            partial(core.uses.change_level(), ChangeLevelCommand(visitor=person, connector="sheets", level="write"))
            for person in people[1::2]
        ),
        *(partial(core.see_hub, person) for person in people),
        *[partial(renew, core)] * PEOPLE,
        core.uses.keep_grants_alive(),
        core.uses.retry_revocations(),
        core.uses.reseal_secrets(),
        core.uses.purge_expired(),
    ]
    await at_once(calls)
    async with storage.unit_of_work() as work:
        links = await work.connector_links.sharing(XERO, "xero-subject-1")
        grant = await work.provider_grants.get(SHARED_GRANT)
    assert {link.grant_id for link in links} == {SHARED_GRANT}
    assert len(links) >= 2  # persons 6 and 7 only came back
    assert grant is not None


@pytest.mark.anyio
async def test_of_many_who_need_fresh_tokens_one_asks_the_provider(core: Core) -> None:
    await everybody(core, "xero")
    core.wait(minutes=40)
    spec = core.catalogue.get("xero")
    assert spec is not None
    tokens = await at_once([partial(core.uses.refresh_provider_tokens(), spec, Wanted(grant_id=SHARED_GRANT))] * PEOPLE)
    assert core.gateway.calls["refresh"] == 1
    assert {one.access.token for one in tokens} == {tokens[0].access.token}
    assert isinstance(tokens[0].access.token, Secret)
