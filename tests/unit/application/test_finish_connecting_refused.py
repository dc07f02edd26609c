"""Coming back from a provider when something is wrong: with the request, with the provider, or with us."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.connectors.finish_connecting import BackToHub
from pip_hub.domain.errors import (
    ConnectionNotOpen,
    NoOrganisation,
    NotSignedIn,
    PipHubError,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
    UnknownConnector,
)
from pip_hub.domain.notice import FailureReason, NoticeKind
from pip_hub.domain.secret import Secret
from tests.builders import NOW
from tests.support.core import ANN, BOB, Core, a_core
from tests.support.interruptions import Crash, InterruptedGateway, InterruptedStorage, InterruptedVault, Step, crash

pytestmark = pytest.mark.anyio

INSTANT = timedelta(microseconds=1)


class AClockThatJumps(FrozenClock):
    """A clock that can be far ahead when it is looked at a second time."""

    _jump = timedelta()

    def jump_after_next_look(self, by: timedelta) -> None:
        self._jump = by

    def now(self) -> datetime:
        shown = super().now()
        self.advance(self._jump)
        self._jump = timedelta()
        return shown


def nothing_is_kept(core: Core) -> bool:
    return not core.tables.connector_links and not core.tables.provider_grants and not core.tables.revocations


async def refused(
    core: Core, kind: type[PipHubError], visitor: Visitor, state: Secret | None, connector: str = "sheets"
) -> None:
    before = core.tables.copied()
    with pytest.raises(kind):
        await core.come_back(visitor, state, connector)
    assert core.tables == before
    assert not core.gateway.answers


@pytest.mark.requirement("RFC 6749 10.12")
async def test_a_missing_or_forged_state_is_refused_and_nothing_is_asked_or_kept() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.leave(visitor)

    await refused(core, ConnectionNotOpen, visitor, None)
    await refused(core, ConnectionNotOpen, visitor, Secret("forged"))
    await refused(core, ConnectionNotOpen, visitor, Secret(""))


@pytest.mark.requirement("RFC 6749 10.12")
async def test_another_session_another_user_and_another_connectors_callback_are_refused_alike() -> None:
    core = a_core()
    ann = await core.sign_in(ANN)
    state = await core.leave(ann)
    ann_elsewhere = await core.sign_in(ANN)
    bob_in_anns_browser = await core.sign_in(BOB, attrs.evolve(ann, session=None))

    await refused(core, ConnectionNotOpen, ann_elsewhere, state)
    await refused(core, ConnectionNotOpen, bob_in_anns_browser, state)
    await refused(core, ConnectionNotOpen, ann, state, "gmail")

    assert (await core.come_back(ann, state)).connected


async def test_without_a_session_nothing_is_taken() -> None:
    core = a_core()
    visitor = await core.sign_in()
    state = await core.leave(visitor)

    await refused(core, NotSignedIn, attrs.evolve(visitor, session=None), state)

    assert (await core.come_back(visitor, state)).connected


async def test_a_session_that_began_later_cannot_finish_what_an_earlier_one_began() -> None:
    core = a_core()
    visitor = await core.sign_in()
    state = await core.leave(visitor)

    await refused(core, ConnectionNotOpen, await core.sign_in(visitor=visitor), state)


async def test_a_callback_of_a_connector_that_does_not_exist_is_refused() -> None:
    core = a_core()
    visitor = await core.sign_in()

    await refused(core, UnknownConnector, visitor, await core.leave(visitor), "nothing")


@pytest.mark.parametrize("extra", [{"error": "access_denied"}, {"code": None}])
async def test_a_forged_state_is_refused_whatever_else_comes_with_it(extra: dict[str, Any]) -> None:
    core = a_core()
    visitor = await core.sign_in()

    with pytest.raises(ConnectionNotOpen):
        await core.come_back(visitor, Secret("forged"), **extra)

    assert (await core.see_hub(visitor)).notices == ()


async def test_an_answer_counts_until_exactly_the_moment_the_trip_expires() -> None:
    core = a_core()
    visitor = await core.sign_in()
    in_time, too_late = await core.leave(visitor, "sheets"), await core.leave(visitor, "gmail")

    core.clock.advance(timedelta(minutes=10) - INSTANT)
    assert (await core.come_back(visitor, in_time, "sheets")).connected
    core.clock.advance(INSTANT)
    assert (await core.come_back(visitor, too_late, "gmail")).connected is False


async def test_an_answer_that_comes_too_late_is_told_and_nothing_is_asked() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    state = await core.leave(visitor, flow_id=flow_id)
    core.wait(minutes=10)

    assert await core.come_back(visitor, state) == BackToHub(
        connector=next(iter(core.tables.connection_attempts.values())).connector, flow_id=flow_id, connected=False
    )

    notice = await core.notice(visitor)
    assert (notice.kind, notice.detail) == (NoticeKind.CONNECTION_FAILED, FailureReason.EXPIRED)
    assert not core.gateway.answers
    assert nothing_is_kept(core)


async def test_a_trip_that_expires_between_taking_and_asking_is_expired() -> None:
    clock = AClockThatJumps()
    core = a_core(clock=clock)
    visitor = await core.sign_in()
    state = await core.leave(visitor)

    clock.jump_after_next_look(timedelta(minutes=10))
    assert (await core.come_back(visitor, state)).connected is False

    assert (await core.notice(visitor)).detail == FailureReason.EXPIRED
    assert not core.gateway.answers


async def test_an_answer_that_comes_twice_is_handled_once() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    state = await core.leave(visitor, flow_id=flow_id)
    first = await core.come_back(visitor, state)
    before = core.tables.copied()

    again = await core.come_back(visitor, state)

    assert again == attrs.evolve(first, connected=None)
    assert core.tables == before
    assert len(core.gateway.answers) == 1


async def test_an_answer_that_comes_twice_is_not_called_expired_later_on() -> None:
    core = a_core()
    visitor = await core.sign_in()
    state = await core.leave(visitor)
    await core.come_back(visitor, state)
    await core.notice(visitor)
    core.wait(minutes=10)

    assert (await core.come_back(visitor, state)).connected is None

    assert (await core.see_hub(visitor)).notices == ()


async def test_the_loser_of_a_race_for_one_answer_changes_nothing() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    visitor = await core.sign_in()
    state = await core.leave(visitor)
    storage.somebody_is_faster = True

    assert (await core.come_back(visitor, state)).connected is None

    assert not core.gateway.answers
    assert (await core.see_hub(visitor)).notices == ()


@pytest.mark.requirement("RFC 6749 4.1.2.1")
@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("access_denied", FailureReason.DECLINED),
        ("server_error", FailureReason.UNREACHABLE),
        ("temporarily_unavailable", FailureReason.UNREACHABLE),
        ("invalid_scope", FailureReason.MISCONFIGURED),
        ("unauthorized_client", FailureReason.MISCONFIGURED),
        ("<script>", FailureReason.MISCONFIGURED),
        ("", FailureReason.MISCONFIGURED),
    ],
)
async def test_a_providers_error_word_is_told_as_who_has_to_act(word: str, reason: FailureReason) -> None:
    core = a_core()
    visitor = await core.sign_in()

    back = await core.come_back(visitor, await core.leave(visitor), error=word)

    assert back.connected is False
    notice = await core.notice(visitor)
    assert (notice.kind, notice.detail, notice.connector) == (NoticeKind.CONNECTION_FAILED, reason, "sheets")
    assert notice.account is None
    assert not core.gateway.answers
    assert nothing_is_kept(core)


async def test_an_answer_with_neither_code_nor_error_is_the_providers_misbehaviour() -> None:
    core = a_core()
    visitor = await core.sign_in()

    assert (await core.come_back(visitor, await core.leave(visitor), code=None)).connected is False

    assert (await core.notice(visitor)).detail == FailureReason.MISBEHAVED
    assert not core.gateway.answers


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (ProviderUnreachable, FailureReason.UNREACHABLE),
        (ProviderRefused, FailureReason.REFUSED),
        (ProviderMisconfigured, FailureReason.MISCONFIGURED),
        (ProviderMisbehaved, FailureReason.MISBEHAVED),
        (NoOrganisation, FailureReason.NO_ORGANISATION),
    ],
)
async def test_whatever_goes_wrong_in_the_exchange_keeps_nothing_and_is_told(
    kind: type[ProviderTrouble], reason: FailureReason
) -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    core.gateway.fail_next("exchange", kind(reason="said the provider"))

    back = await core.connect(visitor, flow_id=flow_id)

    assert (back.connected, back.flow_id) == (False, flow_id)
    assert nothing_is_kept(core)
    notice = await core.notice(visitor)
    assert (notice.kind, notice.detail, notice.at) == (NoticeKind.CONNECTION_FAILED, reason, NOW)


async def test_a_failed_answer_cannot_be_tried_again() -> None:
    core = a_core()
    visitor = await core.sign_in()
    core.gateway.fail_next("exchange", ProviderUnreachable(reason="down"))
    state = await core.leave(visitor)
    await core.come_back(visitor, state)

    assert (await core.come_back(visitor, state)).connected is None


async def test_a_failure_leaves_an_earlier_connection_as_it_was() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    before = dict(core.tables.connector_links), dict(core.tables.provider_grants)
    core.gateway.fail_next("exchange", ProviderUnreachable(reason="down"))

    await core.connect(visitor)

    assert (core.tables.connector_links, core.tables.provider_grants) == before


async def test_a_flow_that_ended_meanwhile_does_not_hide_a_failure() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    state = await core.leave(visitor, flow_id=flow_id)
    await core.complete(visitor, flow_id)

    back = await core.come_back(visitor, state, error="access_denied")

    assert (back.connected, back.flow_id) == (False, None)
    assert (await core.notice(visitor)).detail == FailureReason.DECLINED


@attrs.frozen
class Fragile:
    """A core in which each part can be made to crash."""

    core: Core
    gateway: InterruptedGateway
    vault: InterruptedVault
    storage: InterruptedStorage


def fragile() -> Fragile:
    clock, storage, vault = FrozenClock(NOW), InterruptedStorage(), InterruptedVault()
    gateway = InterruptedGateway(clock)
    return Fragile(a_core(clock=clock, gateway=gateway, storage=storage, vault=vault), gateway, vault, storage)


def crash_at_next_commit(world: Fragile) -> Step:
    async def arm() -> None:
        world.storage.before_commit.then(crash)

    return arm


@pytest.mark.parametrize(
    "break_it",
    [
        lambda world: world.vault.before_opening.then(crash),
        lambda world: world.gateway.meanwhile.then(crash),
        lambda world: world.vault.before_sealing.then(crash),
        lambda world: world.gateway.meanwhile.then(crash_at_next_commit(world)),
    ],
    ids=["opening the trip", "asking the provider", "sealing the tokens", "committing the link"],
)
async def test_after_a_crash_behind_the_taking_the_answer_is_spent_nothing_is_kept_and_the_user_connects_anew(
    break_it: Callable[[Fragile], None],
) -> None:
    world = fragile()
    core = world.core
    visitor = await core.sign_in()
    state = await core.leave(visitor)
    break_it(world)

    with pytest.raises(Crash):
        await core.come_back(visitor, state)

    assert nothing_is_kept(core)
    assert (await core.come_back(visitor, state)).connected is None
    assert nothing_is_kept(core)
    assert (await core.connect(visitor)).connected


async def test_after_a_crash_before_the_taking_is_committed_the_same_answer_still_counts() -> None:
    world = fragile()
    visitor = await world.core.sign_in()
    state = await world.core.leave(visitor)
    world.storage.before_commit.then(crash)

    with pytest.raises(Crash):
        await world.core.come_back(visitor, state)

    assert not world.core.gateway.answers
    assert (await world.core.come_back(visitor, state)).connected
