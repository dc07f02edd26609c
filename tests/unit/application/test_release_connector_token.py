"""The one door through which provider tokens leave: what is handed out, at which level, and what is noted."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.application.connectors.release_connector_token import ConnectorTokenReleased
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.connector_link import ProviderAccount
from pip_hub.domain.errors import ProviderRefusedScope
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.builders import NOW, a_connector_with_organisations
from tests.support.connected import (
    ALMOST_EXPIRED,
    DEMO_COMPANY,
    activity_of,
    change_level,
    link_of,
    release,
    tokens_of,
)
from tests.support.core import ANN, BOB, Core, a_core

pytestmark = pytest.mark.anyio

READ = Scopes.of("openid", "email", "sheets.read")


async def connected(connector: str = "xero", level: str = "read") -> Core:
    core = a_core()
    await core.connect(await core.sign_in(), connector, level=level)
    return core


async def test_a_fresh_token_is_handed_out_with_what_it_is_for_and_how_long_it_works() -> None:
    core = await connected()
    core.wait(minutes=10)

    released = await release(core)

    assert released == ConnectorTokenReleased(
        access_token=Secret("access-1"),
        lifetime=timedelta(minutes=20),
        level=Level.READ,
        token_allows=Level.READ,
        account="Demo Company (AU)",
        organisation=DEMO_COMPANY,
    )


async def test_a_token_is_no_more_shown_than_kept_open() -> None:
    core = await connected()

    assert "access-1" not in repr(await release(core))
    assert "access-1" not in str(core.tables)


async def test_a_token_that_is_about_to_expire_is_renewed_first() -> None:
    core = await connected()
    core.clock.advance(ALMOST_EXPIRED)

    released = await release(core)

    assert released.access_token == (await tokens_of(core)).access.token
    assert released.access_token != Secret("access-1")
    assert released.lifetime == timedelta(minutes=30)


async def test_an_expired_token_never_leaves() -> None:
    core = await connected()
    core.wait(hours=3)

    released = await release(core)

    assert released.lifetime > timedelta()
    assert core.gateway.calls["refresh"] == 1


async def test_the_refresh_token_never_leaves() -> None:
    core = await connected()

    released = await release(core)

    assert (await tokens_of(core)).refresh not in attrs.astuple(released, recurse=False)


@pytest.mark.parametrize("connector", ["sheets", "xero"])
@pytest.mark.parametrize("scope", [None, ""])
async def test_without_a_scope_the_links_own_level_is_meant(connector: str, scope: str | None) -> None:
    core = await connected(connector, "write")
    assert (await release(core, connector, scope)).level is Level.WRITE

    await change_level(core, await core.sign_in(), "read", connector)

    assert (await release(core, connector, scope)).level is Level.READ


# -- Never wider than the level ---------------------------------------------------------------------------------------


async def test_reading_under_a_wider_grant_gets_a_narrow_token_where_the_provider_narrows() -> None:
    core = await connected("sheets", "write")

    released = await release(core, "sheets", "read")

    tokens = await tokens_of(core, "sheets")
    assert tokens.narrow is not None
    assert released.access_token == tokens.narrow.token != tokens.access.token
    assert (released.level, released.token_allows) == (Level.READ, Level.READ)
    assert [renewal.narrow_to for renewal in core.gateway.renewals] == [READ]


async def test_the_narrow_token_is_used_again_while_it_works_and_its_own_lifetime_is_told() -> None:
    core = await connected("sheets", "write")
    core.wait(minutes=10)
    first = await release(core, "sheets", "read")
    core.wait(minutes=15)

    second = await release(core, "sheets", "read")

    assert (second.access_token, second.lifetime) == (first.access_token, timedelta(minutes=15))
    assert core.gateway.calls["refresh"] == 1


async def test_writing_gets_the_wide_token() -> None:
    core = await connected("sheets", "write")

    released = await release(core, "sheets", "write")

    assert (released.access_token, released.token_allows) == (Secret("access-1"), Level.WRITE)
    assert not core.gateway.renewals


async def test_a_grant_that_is_no_wider_than_reading_needs_no_narrowing() -> None:
    core = await connected("sheets", "read")

    released = await release(core, "sheets", "read")

    assert (released.access_token, released.token_allows) == (Secret("access-1"), Level.READ)
    assert not core.gateway.renewals


async def test_after_lowering_the_narrow_token_is_all_that_leaves() -> None:
    core = await connected("sheets", "write")
    await change_level(core, await core.sign_in(), "read", "sheets")

    released = await release(core, "sheets", None)

    assert released.access_token != Secret("access-1")
    assert released.token_allows is Level.READ


async def test_where_a_provider_cannot_narrow_the_level_travels_along_and_the_limit_is_told() -> None:
    core = await connected("xero", "write")

    released = await release(core, "xero", "read")

    assert (released.access_token, released.level, released.token_allows) == (
        Secret("access-1"),
        Level.READ,
        Level.WRITE,
    )


async def test_where_tokens_cannot_be_renewed_at_all_the_limit_is_told_too() -> None:
    core = a_core(catalogue=ConnectorCatalogue((a_connector_with_organisations(refresh=None),)))
    await core.connect(await core.sign_in(), "xero", level="write")

    released = await release(core, "xero", "read")

    assert (released.level, released.token_allows) == (Level.READ, Level.WRITE)


async def test_what_the_user_unticked_is_not_allowed_whatever_the_level() -> None:
    core = a_core()
    core.gateway.hand_out(ProviderAccount(subject="s", email=None), granted=Scopes.of("openid", "notes.read"))
    await core.connect(await core.sign_in(), "notes", level="write")

    assert (await release(core, "notes", "read")).token_allows is Level.READ


# -- What is noted ----------------------------------------------------------------------------------------------------


async def test_the_use_is_noted_on_the_link() -> None:
    core = await connected()
    assert link_of(core).last_used_at is None
    core.wait(minutes=1)

    await release(core)
    assert link_of(core).last_used_at == NOW + timedelta(minutes=1)

    core.wait(minutes=1)
    await release(core)
    assert link_of(core).last_used_at == NOW + timedelta(minutes=2)


async def test_the_user_sees_which_client_used_what_as_one_line_with_a_count() -> None:
    core = await connected()
    visitor = await core.sign_in()
    token = (await core.tokens()).access_token

    for _ in range(3):
        core.wait(minutes=1)
        await release(core, token=token)

    (line,) = await activity_of(core, visitor, ActivityKind.RELEASED)
    assert (line.connector, line.detail, line.account, line.client) == (
        "xero",
        "read",
        "Demo Company (AU)",
        "Sample client",
    )
    assert (line.count, line.at) == (3, NOW + timedelta(minutes=3))


async def test_one_session_that_goes_on_after_midnight_begins_another_line() -> None:
    core = await connected()
    visitor = await core.sign_in()
    core.clock.advance(NOW.replace(hour=23, minute=50) - NOW)
    token = (await core.tokens()).access_token

    await release(core, token=token)
    core.wait(minutes=9)
    await release(core, token=token)
    core.wait(minutes=1)
    await release(core, token=token)

    assert [line.count for line in await activity_of(core, visitor, ActivityKind.RELEASED)] == [1, 2]


async def test_another_level_session_or_service_is_a_line_of_its_own() -> None:
    core = await connected("xero", "write")
    visitor = await core.sign_in()
    await core.connect(visitor, "sheets")
    first, second = (await core.tokens()).access_token, (await core.tokens()).access_token

    await release(core, "xero", "read", token=first)
    await release(core, "xero", "write", token=first)
    await release(core, "xero", "read", token=second)
    await release(core, "sheets", "read", token=first)

    lines = await activity_of(core, visitor, ActivityKind.RELEASED)
    assert [line.count for line in lines] == [1] * 4


async def test_a_refreshed_session_of_a_client_is_still_the_same_session() -> None:
    core = await connected()
    visitor = await core.sign_in()
    tokens = await core.tokens()
    await release(core, token=tokens.access_token)

    await release(core, token=(await core.refresh(tokens.refresh_token)).access_token)

    (line,) = await activity_of(core, visitor, ActivityKind.RELEASED)
    assert line.count == 2


async def test_a_client_that_is_no_longer_registered_is_told_by_where_it_lives() -> None:
    core = await connected()
    visitor = await core.sign_in()
    token = (await core.tokens()).access_token
    core.tables.clients.clear()

    await release(core, token=token)

    (line,) = await activity_of(core, visitor, ActivityKind.RELEASED)
    assert line.client == "client.example"


async def test_what_one_user_uses_is_no_line_in_anothers_log() -> None:
    core = await connected()
    bob = await core.sign_in(BOB)
    await core.connect(bob, "xero")
    before = link_of(core, email=BOB)

    await release(core)

    assert await activity_of(core, bob, ActivityKind.RELEASED) == []
    assert link_of(core, email=BOB) == before


async def test_each_user_gets_what_they_connected_themselves() -> None:
    core = await connected("notes")
    core.gateway.hand_out(ProviderAccount(subject="bob's", email="bob@notes.example"))
    await core.connect(await core.sign_in(BOB), "notes")

    anns = await release(core, "notes", token=(await core.tokens(ANN)).access_token)
    bobs = await release(core, "notes", token=(await core.tokens(BOB)).access_token)

    assert (anns.account, bobs.account) == ("owner@example.com", "bob@notes.example")
    assert anns.access_token != bobs.access_token


async def test_where_a_provider_refuses_to_narrow_the_wide_token_goes_with_the_limit_told() -> None:
    core = await connected("sheets", "write")
    core.gateway.fail_next("refresh", ProviderRefusedScope(reason="invalid_scope"))

    released = await release(core, "sheets", "read")

    assert released.access_token == Secret("access-1")
    assert (released.level, released.token_allows) == (Level.READ, Level.WRITE)
