"""Provider tokens are kept fresh: when the provider is asked, with what, and what each of its answers means."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.gateway import Renewal
from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.application.connectors.refresh_provider_tokens import Wanted
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector_link import Attention
from pip_hub.domain.errors import (
    CannotOpen,
    GrantGone,
    InteractionRequired,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
)
from pip_hub.domain.identifiers import ProviderGrantId, ProviderKey
from pip_hub.domain.permission import Level
from pip_hub.domain.release import Need
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.builders import NOW
from tests.support.connected import (
    ALMOST_EXPIRED,
    activity_of,
    grant_of,
    link_of,
    refresh,
    release,
    spec_of,
    tokens_of,
)
from tests.support.core import Core, a_core
from tests.support.interruptions import Crash, InterruptedGateway, InterruptedStorage, InterruptedVault, crash

pytestmark = pytest.mark.anyio

INSTANT = timedelta(microseconds=1)
READ = Scopes.of("sheets.read")


async def connected(connector: str = "xero", level: str = "read", core: Core | None = None) -> Core:
    """A core in which Ann has connected one service."""
    core = core or a_core()
    await core.connect(await core.sign_in(), connector, level=level)
    return core


def with_slow_provider() -> tuple[Core, InterruptedGateway]:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    return a_core(clock=clock, gateway=gateway), gateway


async def test_fresh_tokens_are_answered_without_asking_the_provider() -> None:
    core = await connected()

    tokens = await refresh(core)

    assert tokens == await tokens_of(core)
    assert not core.gateway.renewals
    assert grant_of(core).generation == 0


async def test_tokens_are_renewed_five_minutes_before_they_expire_and_no_earlier() -> None:
    core = await connected()

    core.clock.advance(ALMOST_EXPIRED - INSTANT)
    await refresh(core)
    assert core.gateway.calls["refresh"] == 0

    core.clock.advance(INSTANT)
    renewed = await refresh(core)
    assert core.gateway.calls["refresh"] == 1
    assert renewed.access.expires_at == core.clock.now() + timedelta(minutes=30)


async def test_renewed_tokens_are_the_next_generation_sealed_and_kept_with_their_lease_given_back() -> None:
    core = await connected()
    before = grant_of(core)
    now = core.clock.advance(ALMOST_EXPIRED)

    renewed = await refresh(core)

    grant = grant_of(core)
    assert (grant.generation, grant.refreshed_at, grant.lease_until) == (1, now, None)
    assert grant.sealed_tokens != before.sealed_tokens
    assert await tokens_of(core) == renewed


async def test_where_refresh_tokens_rotate_each_is_used_for_one_renewal() -> None:
    core = await connected()

    for _ in range(3):
        core.clock.advance(ALMOST_EXPIRED)
        await refresh(core)

    spent = [renewal.tokens.refresh for renewal in core.gateway.renewals]
    assert len(set(spent)) == 3
    assert (await tokens_of(core)).refresh not in spent


async def test_where_they_do_not_rotate_the_same_refresh_token_is_used_again_and_again() -> None:
    core = await connected("sheets")

    for _ in range(3):
        core.clock.advance(ALMOST_EXPIRED)
        await refresh(core, "sheets")

    assert {renewal.tokens.refresh for renewal in core.gateway.renewals} == {Secret("refresh-2")}


async def test_a_narrow_token_is_made_beside_the_wide_one_and_kept_like_it() -> None:
    core = await connected("sheets", "write")
    wide = await tokens_of(core, "sheets")
    assert wide.narrow is None

    narrowed = await refresh(core, "sheets", narrow_to=READ)
    again = await refresh(core, "sheets", narrow_to=READ)

    assert narrowed == again == attrs.evolve(wide, narrow=narrowed.narrow)
    assert narrowed.narrow is not None
    assert core.gateway.renewals == [Renewal(wide, READ)]


async def test_a_narrow_token_that_expires_is_renewed_and_the_wide_one_left_alone() -> None:
    core = await connected("sheets", "write")
    first = await refresh(core, "sheets", narrow_to=READ)
    core.clock.advance(ALMOST_EXPIRED)

    second = await refresh(core, "sheets", narrow_to=READ)

    assert second.narrow != first.narrow
    assert second.access == first.access
    assert [renewal.narrow_to for renewal in core.gateway.renewals] == [READ, READ]


async def test_renewing_the_wide_token_does_not_renew_the_narrow_one() -> None:
    core = await connected("sheets", "write")
    narrow = (await refresh(core, "sheets", narrow_to=READ)).narrow
    core.clock.advance(ALMOST_EXPIRED)

    renewed = await refresh(core, "sheets")

    assert renewed.narrow == narrow


async def test_tokens_newer_than_a_generation_are_asked_for_although_the_old_ones_are_fresh() -> None:
    core = await connected()

    await refresh(core, newer_than=0)
    assert (core.gateway.calls["refresh"], grant_of(core).generation) == (1, 1)

    await refresh(core, newer_than=0)
    assert core.gateway.calls["refresh"] == 1


async def test_a_grant_that_is_gone_is_gone() -> None:
    core = await connected()

    with pytest.raises(GrantGone):
        await core.uses.refresh_provider_tokens()(
            spec_of(core, "xero"), Wanted(grant_id=ProviderGrantId("nobody's grant"))
        )


async def test_tokens_that_do_not_open_are_the_operators_and_the_provider_is_not_asked() -> None:
    core = (await connected()).restarted(vault=MemoryVault())
    core.clock.advance(ALMOST_EXPIRED)

    with pytest.raises(CannotOpen):
        await refresh(core)

    assert not core.gateway.renewals


async def test_a_ciphertext_moved_to_another_row_does_not_open() -> None:
    core = await connected()
    await core.connect(await core.sign_in(), "sheets")
    sheets = grant_of(core, "sheets")
    core.tables.provider_grants[sheets.id] = attrs.evolve(sheets, sealed_tokens=grant_of(core, "xero").sealed_tokens)

    with pytest.raises(CannotOpen):
        await refresh(core, "sheets")


# -- Failures that may pass -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [ProviderUnreachable, ProviderMisconfigured, ProviderMisbehaved])
async def test_a_failure_that_is_not_the_tokens_keeps_everything_and_the_next_one_may_try_at_once(
    kind: type[ProviderTrouble],
) -> None:
    core = await connected()
    before, link = grant_of(core), link_of(core)
    core.clock.advance(ALMOST_EXPIRED)
    core.gateway.fail_next("refresh", kind(reason="not now"))

    with pytest.raises(kind):
        await refresh(core)

    assert grant_of(core) == before
    assert link_of(core) == link
    await refresh(core)
    assert grant_of(core).generation == 1


async def test_how_long_the_provider_asks_us_to_wait_is_passed_on() -> None:
    core = await connected()
    core.clock.advance(ALMOST_EXPIRED)
    core.gateway.fail_next("refresh", ProviderUnreachable(reason="429", retry_after=timedelta(seconds=70)))

    with pytest.raises(ProviderUnreachable) as unreachable:
        await refresh(core)

    assert unreachable.value.retry_after == timedelta(seconds=70)


async def test_after_a_lost_answer_the_same_refresh_token_is_tried_again() -> None:
    core = await connected()
    core.clock.advance(ALMOST_EXPIRED)
    core.gateway.lose_next_refresh()
    with pytest.raises(ProviderUnreachable):
        await refresh(core)
    core.clock.advance(timedelta(minutes=30) - INSTANT)

    renewed = await refresh(core)

    first, second = core.gateway.renewals
    assert first.tokens == second.tokens
    assert await tokens_of(core) == renewed
    assert link_of(core).attention is None


async def test_a_lost_answer_that_nobody_asked_for_again_within_the_providers_grace_is_told_as_the_end() -> None:
    core = await connected()
    core.clock.advance(ALMOST_EXPIRED)
    core.gateway.lose_next_refresh()
    with pytest.raises(ProviderUnreachable):
        await refresh(core)
    core.clock.advance(timedelta(minutes=30))

    with pytest.raises(ProviderRefused):
        await refresh(core)

    assert link_of(core).attention is Attention.GRANT_ENDED


async def test_after_a_crash_between_the_answer_and_the_commit_the_old_token_still_works_within_the_grace() -> None:
    clock, storage = FrozenClock(NOW), InterruptedStorage()
    gateway = InterruptedGateway(clock)
    core = await connected(core=a_core(clock=clock, gateway=gateway, storage=storage))
    before = await tokens_of(core)
    core.clock.advance(ALMOST_EXPIRED)

    async def crash_at_the_commit() -> None:
        storage.before_commit.then(crash)

    gateway.after_answer.then(crash_at_the_commit)
    with pytest.raises(Crash):
        await refresh(core)

    assert await tokens_of(core) == before
    core.wait(seconds=40)
    renewed = await refresh(core)
    assert await tokens_of(core) == renewed
    assert renewed.access != before.access
    assert [renewal.tokens.refresh for renewal in gateway.renewals] == [before.refresh] * 2


async def test_a_crash_while_sealing_the_answer_loses_nothing_either() -> None:
    vault = InterruptedVault()
    core = await connected(core=a_core(vault=vault))
    before = await tokens_of(core)
    core.clock.advance(ALMOST_EXPIRED)
    vault.before_sealing.then(crash)
    with pytest.raises(Crash):
        await refresh(core)

    assert await tokens_of(core) == before
    core.wait(seconds=40)
    await refresh(core)
    assert link_of(core).attention is None


async def test_nobody_gets_renewed_tokens_that_could_not_be_kept() -> None:
    core, gateway = with_slow_provider()
    await connected(core=core)
    core.clock.advance(ALMOST_EXPIRED)

    async def disconnect() -> None:
        core.tables.provider_grants.clear()

    gateway.after_answer.then(disconnect)
    with pytest.raises(GrantGone):
        await refresh(core)


# -- The end of a grant -----------------------------------------------------------------------------------------------


async def test_a_dead_grant_is_told_once_and_never_asked_about_again() -> None:
    core = await connected()
    visitor = await core.sign_in()
    core.clock.advance(ALMOST_EXPIRED)
    core.gateway.provider.end_account(ProviderKey("xero"), "xero-subject-1")

    with pytest.raises(ProviderRefused):
        await refresh(core)
    for _ in range(3):
        with pytest.raises(InteractionRequired):
            await release(core)

    assert core.gateway.calls["refresh"] == 1
    (told,) = await activity_of(core, visitor, ActivityKind.NEEDS_ATTENTION)
    assert (told.detail, told.account, told.connector) == (Attention.GRANT_ENDED, "Demo Company (AU)", "xero")


async def test_a_dead_grant_gives_its_lease_back_and_keeps_its_tokens_for_the_disconnecting() -> None:
    core = await connected()
    before = grant_of(core)
    core.clock.advance(ALMOST_EXPIRED)
    core.gateway.fail_next("refresh", ProviderRefused(reason="dead"))

    with pytest.raises(ProviderRefused):
        await refresh(core)

    assert grant_of(core) == before


async def test_a_refusal_of_tokens_that_were_connected_anew_meanwhile_is_no_end() -> None:
    core, gateway = with_slow_provider()
    await connected(core=core)
    visitor = await core.sign_in()
    core.clock.advance(ALMOST_EXPIRED)

    async def connect_again() -> None:
        await core.connect(visitor, "xero")
        gateway.fail_next("refresh", ProviderRefused(reason="dead"))

    gateway.meanwhile.then(connect_again)

    renewed = await refresh(core)

    assert renewed == await tokens_of(core)
    assert gateway.calls["refresh"] == 1
    assert link_of(core).attention is None
    assert await activity_of(core, visitor, ActivityKind.NEEDS_ATTENTION) == []


async def test_a_refusal_of_tokens_that_were_disconnected_and_connected_anew_is_no_end() -> None:
    core, gateway = with_slow_provider()
    await connected(core=core)
    visitor = await core.sign_in()
    core.clock.advance(ALMOST_EXPIRED)

    async def disconnect_and_connect() -> None:
        await core.disconnect(visitor, "xero")
        await core.connect(visitor, "xero")
        gateway.fail_next("refresh", ProviderRefused(reason="dead"))

    gateway.meanwhile.then(disconnect_and_connect)

    assert await refresh(core) == await tokens_of(core)

    assert link_of(core).attention is None


async def test_an_answer_for_tokens_that_were_connected_anew_meanwhile_is_not_put_over_the_new_ones() -> None:
    core, gateway = with_slow_provider()
    await connected(core=core)
    visitor = await core.sign_in()
    core.clock.advance(ALMOST_EXPIRED)

    async def connect_again() -> None:
        await core.connect(visitor, "xero", level="write")

    gateway.after_answer.then(connect_again)

    renewed = await refresh(core)

    assert renewed == await tokens_of(core)
    assert "accounting.invoices" in renewed.granted
    assert grant_of(core).generation == 1


async def test_an_answer_for_tokens_that_were_disconnected_and_connected_anew_is_not_put_over_the_new_ones() -> None:
    core, gateway = with_slow_provider()
    await connected(core=core)
    visitor = await core.sign_in()
    core.clock.advance(ALMOST_EXPIRED)

    async def disconnect_and_connect() -> None:
        await core.disconnect(visitor, "xero")
        await core.connect(visitor, "xero", level="write")

    gateway.after_answer.then(disconnect_and_connect)

    assert "accounting.invoices" in (await refresh(core)).granted

    assert "accounting.invoices" in (await tokens_of(core)).granted
    assert grant_of(core).generation == 0


async def test_a_renewal_with_fewer_scopes_limits_the_link_and_what_is_released() -> None:
    core = await connected("xero", "write")
    core.clock.advance(ALMOST_EXPIRED)
    core.gateway.shrink_next_refresh(Scopes.of("openid", "accounting.invoices.read"))

    with pytest.raises(InteractionRequired) as caught:
        await release(core, "xero", "write")

    assert caught.value.need is Need.LEVEL_TOO_LOW
    assert link_of(core, "xero").granted == Scopes.of("openid", "accounting.invoices.read")
    assert (await release(core, "xero", "read")).token_allows is Level.READ


async def test_a_renewal_with_fewer_scopes_limits_no_link_that_has_tokens_of_its_own() -> None:
    core = await connected("gmail")
    await core.connect(await core.sign_in(), "sheets")
    before = link_of(core, "sheets").granted
    core.clock.advance(ALMOST_EXPIRED)
    core.gateway.shrink_next_refresh(Scopes.of("openid"))

    await refresh(core, "gmail")

    assert link_of(core, "gmail").granted == Scopes.of("openid")
    assert link_of(core, "sheets").granted == before
