"""Clearing away what has long been over."""

from datetime import timedelta

import pytest

from pip_hub.domain.errors import InvalidGrant
from tests.support.core import Core, a_core

pytestmark = pytest.mark.anyio


async def purge(core: Core) -> int:
    return await core.uses.purge_expired()()


async def test_nothing_over_is_nothing_to_do() -> None:
    core = a_core()
    await core.tokens()

    assert await purge(core) == 0


async def test_what_has_expired_stays_for_a_day_and_then_goes() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.start_flow(visitor)
    await core.leave(visitor)
    core.clock.advance(timedelta(minutes=30) + timedelta(days=1))

    assert await purge(core) == 1
    assert (len(core.tables.flows), len(core.tables.connection_attempts)) == (1, 0)
    core.clock.advance(timedelta(microseconds=1))
    assert await purge(core) == 1
    assert not core.tables.flows
    assert await purge(core) == 0


async def test_a_whole_journey_leaves_in_the_end_only_the_account_and_its_connections() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.connect(visitor, flow_id=flow_id)
    await core.redeem(await core.complete(visitor, flow_id))
    core.wait(days=32)

    assert await purge(core) > 0

    tables = core.tables
    assert not any((tables.sessions, tables.flows, tables.connection_attempts, tables.grants))
    assert not any((tables.authorization_codes, tables.access_tokens, tables.refresh_tokens))
    assert len(tables.users) == len(tables.connector_links) == len(tables.provider_grants) == 1


async def test_a_replay_is_still_recognised_after_a_purge() -> None:
    core = a_core()
    code = await core.a_code()
    issued = await core.redeem(code)
    core.wait(minutes=30)
    await purge(core)

    with pytest.raises(InvalidGrant):
        await core.redeem(code)

    assert await core.introspect(issued.access_token) is None


async def test_the_operator_may_keep_things_longer() -> None:
    core = a_core(purge_after=timedelta(days=7))
    await core.start_flow(await core.sign_in())
    core.wait(days=7)

    assert await purge(core) == 0
    core.wait(hours=1)
    assert await purge(core) == 1
