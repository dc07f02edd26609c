"""Refreshing: each refresh token once, and a replay ends its grant and no other."""

from datetime import timedelta

import pytest

from pip_hub.application.tokens.issue_tokens import TokensIssued
from pip_hub.domain.errors import InvalidClient, InvalidGrant, InvalidRequest, InvalidScope, InvalidTarget
from pip_hub.domain.secret import Secret
from tests.builders import NOW
from tests.support.core import BOB, RESOURCE_URI, Core, a_core, public
from tests.support.interruptions import Crash, InterruptedStorage, all_at_once, crash

pytestmark = pytest.mark.anyio

INSTANT = timedelta(microseconds=1)


async def wide_tokens(core: Core) -> TokensIssued:
    """Tokens for all that the resource offers."""
    visitor = await core.sign_in()
    return await core.redeem(await core.complete(visitor, await core.start_flow(visitor, scope=None)))


@pytest.mark.requirement("RFC 6749 6")
async def test_a_refresh_token_buys_a_fresh_pair() -> None:
    core = a_core()
    first = await core.tokens()
    core.wait(minutes=50)

    second = await core.refresh(first.refresh_token)

    assert len({first.access_token, first.refresh_token, second.access_token, second.refresh_token}) == 4
    assert second.scopes == first.scopes
    active = await core.introspect(second.access_token)
    assert active is not None
    assert active.issued_at == NOW + timedelta(minutes=50)
    await core.refresh(second.refresh_token)


async def test_the_earlier_access_token_lives_on_to_its_own_end() -> None:
    core = a_core()
    first = await core.tokens()

    await core.refresh(first.refresh_token)

    assert await core.introspect(first.access_token) is not None


@pytest.mark.requirement("RFC 9700 4.14.2")
async def test_a_refresh_token_that_comes_again_ends_its_whole_grant() -> None:
    core = a_core()
    first = await core.tokens()
    second = await core.refresh(first.refresh_token)

    with pytest.raises(InvalidGrant):
        await core.refresh(first.refresh_token)

    with pytest.raises(InvalidGrant):
        await core.refresh(second.refresh_token)
    assert await core.introspect(first.access_token) is None
    assert await core.introspect(second.access_token) is None
    (grant,) = core.tables.grants.values()
    assert grant.revoked_at == NOW


@pytest.mark.requirement("RFC 9700 4.14.2")
async def test_a_replay_is_recognised_as_one_also_when_the_tokens_time_is_up() -> None:
    core = a_core()
    first = await core.tokens()
    core.wait(days=20)
    second = await core.refresh(first.refresh_token)
    core.wait(days=10)

    with pytest.raises(InvalidGrant):
        await core.refresh(first.refresh_token)

    with pytest.raises(InvalidGrant):
        await core.refresh(second.refresh_token)


async def test_a_replay_ends_no_other_grant_of_the_same_client_id_whoevers_it_is() -> None:
    core = a_core()
    stolen, other_installation, other_user = await core.tokens(), await core.tokens(), await core.tokens(BOB)
    await core.refresh(stolen.refresh_token)

    with pytest.raises(InvalidGrant):
        await core.refresh(stolen.refresh_token)

    for tokens in (other_installation, other_user):
        assert await core.introspect(tokens.access_token) is not None
        await core.refresh(tokens.refresh_token)


async def test_a_refresh_token_lives_thirty_days_without_use_to_the_very_moment() -> None:
    core = a_core()
    in_time, too_late = await core.tokens(), await core.tokens()

    core.clock.advance(timedelta(days=30) - INSTANT)
    await core.refresh(in_time.refresh_token)
    core.clock.advance(INSTANT)
    with pytest.raises(InvalidGrant):
        await core.refresh(too_late.refresh_token)

    assert all(grant.is_live for grant in core.tables.grants.values())


async def test_using_a_grant_keeps_it_alive_for_a_year_and_no_longer() -> None:
    core = a_core()
    tokens = await core.tokens()

    for _ in range(18):
        core.wait(days=20)
        tokens = await core.refresh(tokens.refresh_token)
    core.clock.advance(timedelta(days=5) - INSTANT)
    tokens = await core.refresh(tokens.refresh_token)
    core.clock.advance(INSTANT)

    with pytest.raises(InvalidGrant):
        await core.refresh(tokens.refresh_token)


@pytest.mark.requirement("RFC 6749 6")
async def test_less_scope_may_be_asked_for_and_the_rest_is_not_lost() -> None:
    core = a_core()
    first = await wide_tokens(core)

    narrow = await core.refresh(first.refresh_token, scope="mcp:read")
    assert narrow.scopes.format() == "mcp:read"
    active = await core.introspect(narrow.access_token)
    assert active is not None
    assert active.scopes.format() == "mcp:read"

    assert (await core.refresh(narrow.refresh_token)).scopes.format() == "mcp:read mcp:tools"


@pytest.mark.parametrize("scope", [None, "", "  ", "offline_access", "mcp:tools mcp:read offline_access"])
async def test_asking_for_nothing_in_particular_or_for_everything_gets_everything(scope: str | None) -> None:
    core = a_core()
    tokens = await wide_tokens(core)

    refreshed = await core.refresh(tokens.refresh_token, scope=scope)

    assert refreshed.scopes.format() == "mcp:read mcp:tools"


@pytest.mark.requirement("RFC 6749 6")
@pytest.mark.parametrize("scope", ["mcp:read", "mcp:tools admin", 'mcp:tools"'])
async def test_more_scope_than_was_granted_is_refused_and_the_token_not_burnt(scope: str) -> None:
    core = a_core()
    tokens = await core.tokens()

    with pytest.raises(InvalidScope):
        await core.refresh(tokens.refresh_token, scope=scope)

    await core.refresh(tokens.refresh_token)


@pytest.mark.requirement("RFC 8707 2.2")
@pytest.mark.parametrize("resource", ["https://other.example/mcp", "not a uri", RESOURCE_URI + "/deeper"])
async def test_another_resource_is_refused_and_the_token_not_burnt(resource: str) -> None:
    core = a_core()
    tokens = await core.tokens()

    with pytest.raises(InvalidTarget):
        await core.refresh(tokens.refresh_token, resources=(resource,))

    await core.refresh(tokens.refresh_token, resources=(RESOURCE_URI,))


@pytest.mark.requirement("RFC 6749 10.4")
async def test_another_clients_refresh_token_is_refused_and_not_burnt() -> None:
    core = a_core()
    tokens = await core.tokens()

    with pytest.raises(InvalidGrant):
        await core.refresh(tokens.refresh_token, credentials=public("client-2"))
    with pytest.raises(InvalidClient):
        await core.refresh(tokens.refresh_token, credentials=public("nobody"))

    await core.refresh(tokens.refresh_token)


async def test_another_client_cannot_end_a_grant_by_replaying_its_token() -> None:
    core = a_core()
    first = await core.tokens()
    second = await core.refresh(first.refresh_token)

    with pytest.raises(InvalidGrant):
        await core.refresh(first.refresh_token, credentials=public("client-2"))

    await core.refresh(second.refresh_token)


async def test_what_is_no_refresh_token_is_refused() -> None:
    core = a_core()
    tokens = await core.tokens()

    for wrong in (Secret("made up"), Secret(""), tokens.access_token):
        with pytest.raises(InvalidGrant):
            await core.refresh(wrong)
    with pytest.raises(InvalidRequest):
        await core.refresh(None)


async def test_a_refresh_token_whose_grant_is_missing_is_worth_nothing() -> None:
    core = a_core()
    tokens = await core.tokens()
    core.tables.grants.clear()

    with pytest.raises(InvalidGrant):
        await core.refresh(tokens.refresh_token)


async def test_a_revoked_grant_bites_even_where_a_refresh_token_was_left_alive() -> None:
    core = a_core()
    tokens = await core.tokens()
    alive = dict(core.tables.refresh_tokens)
    async with core.storage.unit_of_work() as work:
        await work.grants.revoke(next(iter(core.tables.grants)), NOW)
        await work.commit()
    core.tables.refresh_tokens.update(alive)

    with pytest.raises(InvalidGrant):
        await core.refresh(tokens.refresh_token)

    assert core.tables.refresh_tokens == alive


async def test_of_many_who_refresh_at_once_one_gets_tokens_and_the_replay_ends_them() -> None:
    core = a_core()
    tokens = await core.tokens()

    answers = await all_at_once(core.storage, *[lambda: core.refresh(tokens.refresh_token)] * 10)

    (winner,) = [answer for answer in answers if isinstance(answer, TokensIssued)]
    assert [type(answer) for answer in answers].count(InvalidGrant) == 9
    assert await core.introspect(winner.access_token) is None


async def test_the_loser_of_a_race_ends_the_grant() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    tokens = await core.tokens()
    storage.somebody_is_faster = True

    with pytest.raises(InvalidGrant):
        await core.refresh(tokens.refresh_token)

    assert await core.introspect(tokens.access_token) is None


async def test_a_crash_before_the_commit_leaves_the_token_unspent() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    tokens = await core.tokens()
    storage.before_commit.then(crash)

    with pytest.raises(Crash):
        await core.refresh(tokens.refresh_token)

    await core.refresh(tokens.refresh_token)
