"""Introspection: a resource learns about tokens issued for it, and about no others."""

from datetime import timedelta

import pytest

from pip_hub.application.tokens.authenticate_resource import ResourceCredentials
from pip_hub.application.tokens.introspect_token import ActiveToken, ConnectorState, IntrospectTokenCommand
from pip_hub.domain.connector_link import LinkStatus
from pip_hub.domain.errors import InvalidClient, InvalidRequest
from pip_hub.domain.identifiers import ResourceId
from pip_hub.domain.permission import Level
from pip_hub.domain.secret import Secret, digest_of
from tests.builders import NOW, a_resource
from tests.support.core import ANN, BOB, CATALOGUE, RESOURCE_SECRET, RESOURCE_URI, Core, a_core

pytestmark = pytest.mark.anyio


async def introspect(
    core: Core, token: Secret | None, resource_id: str | None = "resource-1", secret: Secret | None = RESOURCE_SECRET
) -> ActiveToken | None:
    credentials = ResourceCredentials(resource_id=resource_id, secret=secret)
    command = IntrospectTokenCommand(credentials=credentials, token=token)
    return await core.uses.introspect_token()(command)


def with_another_resource(core: Core) -> None:
    other = a_resource(
        id=ResourceId("resource-2"), uri="https://other.example/mcp", secret_digest=digest_of(Secret("other"))
    )
    core.tables.resources[other.uri] = other


@pytest.mark.requirement("RFC 7662 2.2")
async def test_a_resource_is_told_who_approved_its_token_for_which_client_and_what() -> None:
    core = a_core()
    code = await core.a_code()
    core.wait(minutes=1)
    tokens = await core.redeem(code)

    active = await introspect(core, tokens.access_token)

    (user,) = core.tables.users.values()
    assert active is not None
    assert (active.user_id, active.email, active.client_id) == (user.id, ANN, "client-1")
    assert (active.scopes.format(), active.resource) == ("mcp:tools", RESOURCE_URI)
    now = NOW + timedelta(minutes=1)
    assert (active.issued_at, active.expires_at) == (now, now + timedelta(minutes=60))


@pytest.mark.requirement("RFC 7662 4")
async def test_a_token_for_another_resource_is_not_active() -> None:
    core = a_core()
    with_another_resource(core)
    tokens = await core.tokens()

    assert await introspect(core, tokens.access_token, "resource-2", Secret("other")) is None
    assert await introspect(core, tokens.access_token) is not None


@pytest.mark.requirement("RFC 7662 2.2")
async def test_a_token_is_active_until_exactly_the_moment_it_expires() -> None:
    core = a_core()
    tokens = await core.tokens()

    core.clock.advance(timedelta(minutes=60) - timedelta(microseconds=1))
    assert await introspect(core, tokens.access_token) is not None
    core.clock.advance(timedelta(microseconds=1))
    assert await introspect(core, tokens.access_token) is None


@pytest.mark.requirement("RFC 7662 2.2")
async def test_whatever_else_is_no_access_token_is_not_active() -> None:
    core = a_core()
    tokens = await core.tokens()

    for token in (Secret("made up"), Secret(""), tokens.refresh_token, Secret("\ud800")):
        assert await introspect(core, token) is None


async def test_a_token_whose_grant_or_user_is_gone_is_not_active() -> None:
    core = a_core()
    tokens = await core.tokens()
    users, grants = dict(core.tables.users), dict(core.tables.grants)

    core.tables.users.clear()
    assert await introspect(core, tokens.access_token) is None
    core.tables.users.update(users)
    core.tables.grants.clear()
    assert await introspect(core, tokens.access_token) is None

    core.tables.grants.update(grants)
    assert await introspect(core, tokens.access_token) is not None


async def test_a_revoked_grant_bites_even_where_a_token_was_left_alive() -> None:
    core = a_core()
    tokens = await core.tokens()
    async with core.storage.unit_of_work() as work:
        alive = dict(core.tables.access_tokens)
        await work.grants.revoke(next(iter(core.tables.grants)), NOW)
        await work.commit()
    core.tables.access_tokens.update(alive)

    assert await introspect(core, tokens.access_token) is None


@pytest.mark.requirement("RFC 7662 2.1")
@pytest.mark.parametrize(
    ("resource_id", "secret"),
    [
        (None, RESOURCE_SECRET),
        ("", RESOURCE_SECRET),
        ("nobody", RESOURCE_SECRET),
        ("resource-1", None),
        ("resource-1", Secret("wrong")),
        ("resource-2", RESOURCE_SECRET),
        (RESOURCE_URI, RESOURCE_SECRET),
    ],
)
async def test_only_a_resource_that_proves_itself_is_told_anything(
    resource_id: str | None, secret: Secret | None
) -> None:
    core = a_core()
    with_another_resource(core)
    tokens = await core.tokens()

    with pytest.raises(InvalidClient):
        await introspect(core, tokens.access_token, resource_id, secret)


async def test_the_token_has_to_be_there_and_the_resource_is_proved_first() -> None:
    core = a_core()

    with pytest.raises(InvalidRequest):
        await introspect(core, None)
    with pytest.raises(InvalidClient):
        await introspect(core, None, secret=Secret("wrong"))


async def test_the_state_of_the_users_connectors_comes_along_in_catalogue_order() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "xero", level="write")
    await core.connect(await core.sign_in(BOB), "sheets")
    tokens = await core.tokens()

    active = await introspect(core, tokens.access_token)

    assert active is not None
    assert [state.key for state in active.connectors] == [spec.key for spec in CATALOGUE]
    xero, _, sheets, *_, later = active.connectors
    assert xero == ConnectorState(
        key=xero.key,
        name="Xero",
        status=LinkStatus.CONNECTED,
        account="Demo Company (AU)",
        level=Level.WRITE,
    )
    assert (sheets.status, sheets.account, sheets.level) == (LinkStatus.NOT_CONNECTED, None, None)
    assert (later.status, later.name) == (LinkStatus.UNAVAILABLE, "Later")
