"""Many workers need the same tokens at once: one asks the provider, the others wait briefly and read its result."""

from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest
from anyio.lowlevel import checkpoint

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.gateway import MemoryGateway
from pip_hub.application.connectors.refresh_provider_tokens import LEASE
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import Attention
from pip_hub.domain.errors import (
    InteractionRequired,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
    TemporarilyUnavailable,
)
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.scope import Scopes
from tests.builders import NOW
from tests.support.connected import (
    ALMOST_EXPIRED,
    grant_of,
    link_of,
    refresh,
    release,
    tokens_of,
)
from tests.support.core import ANN, BOB, Core, a_core
from tests.support.interruptions import InterruptedGateway, Step, all_at_once

pytestmark = pytest.mark.anyio

MANY = 50
INSTANT = timedelta(microseconds=1)
READ = Scopes.of("sheets.read")


class PatientGateway(MemoryGateway):
    """A gateway whose provider takes a while, so that the others really have to wait."""

    lifetime: timedelta | None = None

    async def refresh(self, spec: ConnectorSpec, tokens: ProviderTokens, narrow_to: Scopes | None) -> ProviderTokens:
        for _ in range(20):
            await checkpoint()
        renewed = await super().refresh(spec, tokens, narrow_to)
        if self.lifetime is None:
            return renewed
        return attrs.evolve(
            renewed,
            access=self._short(renewed.access) if narrow_to is None else renewed.access,
            narrow=self._short(renewed.narrow) if renewed.narrow is not None else None,
        )

    def _short(self, access: ProviderAccess) -> ProviderAccess:
        assert self.lifetime is not None
        return attrs.evolve(access, expires_at=NOW + ALMOST_EXPIRED + self.lifetime)


class ClockThatPassesWhileWaiting(FrozenClock):
    """A clock on which waiting takes time, and tells how much of it."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.waited = timedelta()

    async def sleep(self, duration: timedelta) -> None:
        await super().sleep(duration)
        self.waited += duration
        self.advance(duration)


async def many(core: Core, call: Step) -> list[Any]:
    return await all_at_once(core.storage, *[call] * MANY)


async def expired(
    connector: str = "xero", level: str = "read", *, clock: FrozenClock | None = None
) -> tuple[Core, PatientGateway]:
    """Ann's service, whose tokens are about to expire, at a provider that takes a while."""
    clock = clock or FrozenClock(NOW)
    gateway = PatientGateway(clock)
    core = a_core(clock=clock, gateway=gateway)
    await core.connect(await core.sign_in(), connector, level=level)
    core.clock.advance(ALMOST_EXPIRED)
    return core, gateway


async def test_of_fifty_workers_one_asks_the_provider_and_all_get_its_answer() -> None:
    core, gateway = await expired()

    answers = await many(core, lambda: refresh(core))

    assert gateway.calls["refresh"] == 1
    assert answers == [await tokens_of(core)] * MANY
    assert (grant_of(core).generation, grant_of(core).lease_until) == (1, None)


async def test_of_fifty_releases_to_an_mcp_server_one_asks_the_provider() -> None:
    core, gateway = await expired()
    token = (await core.tokens()).access_token

    answers = await many(core, lambda: release(core, token=token))

    assert gateway.calls["refresh"] == 1
    assert {answer.access_token for answer in answers} == {(await tokens_of(core)).access.token}


async def test_of_fifty_workers_who_need_the_narrow_token_one_asks_the_provider() -> None:
    core, gateway = await expired("sheets", "write")

    answers = await many(core, lambda: refresh(core, "sheets", narrow_to=READ))

    assert gateway.calls["refresh"] == 1
    assert {answer.narrow for answer in answers} == {(await tokens_of(core, "sheets")).narrow}


async def test_wide_and_narrow_tokens_asked_for_at_once_take_two_renewals_that_do_not_undo_each_other() -> None:
    core, gateway = await expired("sheets", "write")

    await all_at_once(
        core.storage,
        *[lambda: refresh(core, "sheets"), lambda: refresh(core, "sheets", narrow_to=READ)] * 25,
    )

    assert sorted(renewal.narrow_to is None for renewal in gateway.renewals) == [False, True]
    tokens = await tokens_of(core, "sheets")
    assert tokens.narrow is not None
    assert tokens.narrow.expires_at == tokens.access.expires_at == core.clock.now() + timedelta(minutes=30)


@pytest.mark.parametrize("narrow_to", [None, READ])
async def test_tokens_that_live_for_less_than_the_margin_are_renewed_once_for_many_at_a_time_too(
    narrow_to: Scopes | None,
) -> None:
    core, gateway = await expired("sheets", "write")
    gateway.lifetime = timedelta(minutes=4)

    await many(core, lambda: refresh(core, "sheets", narrow_to=narrow_to))
    assert gateway.calls["refresh"] == 1

    await refresh(core, "sheets", narrow_to=narrow_to)
    assert gateway.calls["refresh"] == 2


async def test_two_users_on_one_token_set_are_one_renewal() -> None:
    core, gateway = await expired()
    await core.connect(await core.sign_in(BOB), "xero")
    core.clock.advance(ALMOST_EXPIRED)

    await all_at_once(core.storage, *[lambda: refresh(core, email=ANN), lambda: refresh(core, email=BOB)] * 10)

    assert gateway.calls["refresh"] == 1


async def test_of_fifty_workers_at_a_dead_grant_one_is_told_by_the_provider_and_the_user_hears_it_once() -> None:
    core, gateway = await expired()
    token = (await core.tokens()).access_token
    gateway.fail_next("refresh", *[ProviderRefused(reason="dead")] * MANY)

    answers = await many(core, lambda: release(core, token=token))

    assert all(isinstance(answer, InteractionRequired) for answer in answers)
    assert link_of(core).attention is Attention.GRANT_ENDED
    assert len([entry for entry in core.tables.activity.values() if entry.kind == "needs_attention"]) == 1


async def test_of_fifty_workers_at_a_dead_grant_those_who_waited_do_not_ask_again() -> None:
    core, gateway = await expired()
    gateway.fail_next("refresh", *[ProviderRefused(reason="dead")] * MANY)

    answers = await many(core, lambda: refresh(core))

    assert all(isinstance(answer, ProviderRefused) for answer in answers)
    assert gateway.calls["refresh"] == 1


@pytest.mark.parametrize("failure", [ProviderUnreachable(reason="down")])
async def test_a_worker_that_waited_for_one_that_failed_tries_itself(failure: ProviderTrouble) -> None:
    core, gateway = await expired()
    gateway.fail_next("refresh", failure)

    first, second = await all_at_once(core.storage, *[lambda: refresh(core)] * 2)

    assert sorted([first, second], key=lambda answer: isinstance(answer, ProviderTokens)) == [
        failure,
        await tokens_of(core),
    ]
    assert gateway.calls["refresh"] == 2


# -- A worker that dies holding the lease -----------------------------------------------------------------------------


async def with_a_dead_worker(clock: FrozenClock | None = None) -> tuple[Core, PatientGateway]:
    """A lease that nobody will give back."""
    core, gateway = await expired(clock=clock)
    grant = grant_of(core)
    async with core.storage.unit_of_work() as work:
        now = core.clock.now()
        assert await work.provider_grants.lease(grant.id, grant.generation, now, now + LEASE) is not None
        await work.commit()
    return core, gateway


async def test_while_a_dead_workers_lease_runs_nobody_asks_the_provider_and_all_are_told_to_come_back() -> None:
    core, gateway = await with_a_dead_worker(ClockThatPassesWhileWaiting(NOW))
    clock = core.clock
    assert isinstance(clock, ClockThatPassesWhileWaiting)

    with pytest.raises(ProviderUnreachable) as unreachable:
        await refresh(core)

    assert clock.waited == unreachable.value.retry_after == timedelta(seconds=6)
    assert gateway.calls["refresh"] == 0


async def test_an_mcp_server_is_told_when_to_come_back_while_another_worker_is_at_it() -> None:
    core, _ = await with_a_dead_worker()

    with pytest.raises(TemporarilyUnavailable) as unavailable:
        await release(core)

    assert unavailable.value.retry_after == timedelta(seconds=6)


async def test_a_dead_workers_lease_delays_the_others_until_exactly_its_end() -> None:
    core, gateway = await with_a_dead_worker()

    core.clock.advance(LEASE - INSTANT)
    with pytest.raises(ProviderUnreachable):
        await refresh(core)
    core.clock.advance(INSTANT)
    await many(core, lambda: refresh(core))

    assert gateway.calls["refresh"] == 1
    assert grant_of(core).generation == 1


async def test_a_worker_that_comes_back_to_life_after_its_lease_does_not_undo_the_work_of_the_next() -> None:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    core = a_core(clock=clock, gateway=gateway)
    await core.connect(await core.sign_in(), "xero")
    core.clock.advance(ALMOST_EXPIRED)

    async def sleep_past_the_lease_while_another_renews() -> None:
        core.clock.advance(LEASE)
        await refresh(core)

    gateway.after_answer.then(sleep_past_the_lease_while_another_renews)

    awoken = await refresh(core)

    assert awoken == await tokens_of(core)
    assert (grant_of(core).generation, gateway.calls["refresh"]) == (1, 2)


async def test_a_late_refusal_of_an_old_token_does_not_end_what_another_worker_has_renewed() -> None:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    core = a_core(clock=clock, gateway=gateway)
    await core.connect(await core.sign_in(), "xero")
    core.clock.advance(ALMOST_EXPIRED)

    async def sleep_past_the_lease_while_another_renews() -> None:
        core.clock.advance(LEASE)
        await refresh(core)
        gateway.fail_next("refresh", ProviderRefused(reason="rotated out"))

    gateway.meanwhile.then(sleep_past_the_lease_while_another_renews)

    assert await refresh(core) == await tokens_of(core)

    assert link_of(core).attention is None
    assert grant_of(core).generation == 1


async def test_a_late_failure_does_not_take_the_lease_from_the_worker_that_has_it_now() -> None:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    core = a_core(clock=clock, gateway=gateway)
    await core.connect(await core.sign_in(), "xero")
    core.clock.advance(ALMOST_EXPIRED)

    async def sleep_past_the_lease_while_another_takes_it() -> None:
        now, grant = core.clock.advance(LEASE), grant_of(core)
        async with core.storage.unit_of_work() as work:
            await work.provider_grants.lease(grant.id, grant.generation, now, now + LEASE)
            await work.commit()
        gateway.fail_next("refresh", ProviderUnreachable(reason="down"))

    gateway.meanwhile.then(sleep_past_the_lease_while_another_takes_it)

    with pytest.raises(ProviderUnreachable):
        await refresh(core)

    assert grant_of(core).lease_until == core.clock.now() + LEASE
