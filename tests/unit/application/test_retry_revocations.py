"""What is still owed to providers: tried again, less and less often, and given up in the end."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.connector_link import Organisation, ProviderAccount
from pip_hub.domain.errors import ProviderUnreachable
from pip_hub.domain.provider_grant import grant_context
from pip_hub.domain.revocation import ForgetPlan
from pip_hub.domain.secret import Secret
from tests.builders import NOW
from tests.support.core import ANN, BOB, CATALOGUE, Core, a_core
from tests.support.interruptions import Crash, InterruptedGateway, crash

pytestmark = pytest.mark.anyio

DOWN = ProviderUnreachable(reason="down")
OTHER_LTD = ProviderAccount(
    subject="xero-subject-1",
    email=None,
    organisation=Organisation(id="organisation-2", name="Other Ltd", connection_id="connection-2"),
)


async def retry(core: Core) -> int:
    return await core.uses.retry_revocations()()


async def owing(core: Core, connector: str = "sheets") -> Visitor:
    """A user who has disconnected while the provider was down."""
    visitor = await core.sign_in(ANN)
    await core.connect(visitor, connector)
    core.gateway.fail_next("revoke", DOWN)
    await core.disconnect(visitor, connector)
    return visitor


async def test_nothing_owed_is_nothing_to_do() -> None:
    assert await retry(a_core()) == 0


async def test_a_provider_that_is_back_is_told_and_the_debt_is_settled() -> None:
    core = a_core()
    await owing(core)
    core.wait(minutes=1)

    assert await retry(core) == 1

    assert [tokens.access.token.reveal() for tokens in core.gateway.revoked] == ["access-1"]
    assert not core.tables.revocations
    assert await retry(core) == 0


async def test_a_debt_is_not_due_before_its_time() -> None:
    core = a_core()
    await owing(core)
    core.clock.advance(timedelta(minutes=1) - timedelta(microseconds=1))

    assert await retry(core) == 0
    core.clock.advance(timedelta(microseconds=1))
    assert await retry(core) == 1


async def test_a_provider_that_stays_down_is_asked_less_and_less_often() -> None:
    core = a_core()
    await owing(core)
    waited = []

    for _ in range(11):
        (owed,) = core.tables.revocations.values()
        waited.append((owed.next_try_at - core.clock.now()) // timedelta(minutes=1))
        core.clock.advance(owed.next_try_at - core.clock.now())
        core.gateway.fail_next("revoke", DOWN)
        assert await retry(core) == 1

    assert waited == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]


async def test_after_a_week_it_is_given_up_without_asking_again() -> None:
    core = a_core()
    await owing(core)
    core.wait(days=7)

    assert await retry(core) == 1

    assert not core.gateway.revoked
    assert not core.tables.revocations


async def test_just_before_a_week_is_over_it_is_still_tried() -> None:
    core = a_core()
    await owing(core)
    core.clock.advance(timedelta(days=7) - timedelta(microseconds=1))

    await retry(core)

    assert core.gateway.revoked


async def test_a_debt_left_by_a_crash_is_taken_up_after_the_head_start() -> None:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    core = a_core(clock=clock, gateway=gateway)
    visitor = await core.sign_in()
    await core.connect(visitor)
    gateway.meanwhile.then(crash)
    with pytest.raises(Crash):
        await core.disconnect(visitor)

    core.clock.advance(timedelta(minutes=2) - timedelta(microseconds=1))
    assert await retry(core) == 0
    core.clock.advance(timedelta(microseconds=1))
    assert await retry(core) == 1
    assert core.gateway.revoked


async def test_connecting_the_account_again_meanwhile_is_never_undone() -> None:
    core = a_core()
    visitor = await owing(core)
    await core.connect(visitor)
    core.wait(minutes=1)

    assert await retry(core) == 1

    assert not core.gateway.revoked
    assert not core.tables.revocations
    assert core.tables.connector_links


async def test_another_users_connection_to_the_account_made_meanwhile_is_never_undone() -> None:
    core = a_core()
    await owing(core, "sheets")
    await core.connect(await core.sign_in(BOB), "gmail")
    core.wait(minutes=1)

    await retry(core)

    assert not core.gateway.revoked
    assert not core.tables.revocations


async def test_the_same_organisation_connected_again_meanwhile_is_left_alone() -> None:
    core = a_core()
    visitor = await owing(core, "xero")
    await core.connect(visitor, "xero")
    core.wait(minutes=1)

    await retry(core)

    assert not core.gateway.revoked
    assert not core.gateway.removed
    assert not core.tables.revocations


async def test_another_organisation_connected_meanwhile_turns_revoking_into_removing() -> None:
    core = a_core()
    visitor = await owing(core, "xero")
    core.gateway.hand_out(OTHER_LTD)
    await core.connect(visitor, "xero")
    core.wait(minutes=1)

    await retry(core)

    assert not core.gateway.revoked
    assert [removal.connection_id for removal in core.gateway.removed] == ["connection-1"]
    assert not core.tables.revocations


async def test_removing_turns_into_revoking_once_the_account_has_no_other_connection() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "xero")
    core.gateway.hand_out(OTHER_LTD)
    await core.connect(bob, "xero")
    core.gateway.fail_next("remove_organisation", DOWN)
    await core.disconnect(ann, "xero")
    core.gateway.fail_next("revoke", DOWN)
    await core.disconnect(bob, "xero")
    assert sorted(owed.plan for owed in core.tables.revocations.values()) == [
        ForgetPlan.REMOVE_ORGANISATION,
        ForgetPlan.REVOKE,
    ]
    core.wait(minutes=1)

    assert await retry(core) == 2

    assert len(core.gateway.revoked) == 1
    assert not core.gateway.removed
    # Ann's organisation goes with the revocation of Bob's, so it waits for that one instead of saying "gone" at once.
    (waiting,) = core.tables.revocations.values()
    assert waiting.sealed_tokens is None
    core.wait(minutes=10)
    assert await retry(core) == 1
    assert not core.tables.revocations


async def test_one_that_fails_in_a_new_way_does_not_block_the_others() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    for visitor, connector in ((ann, "xero"), (bob, "notes")):
        core.gateway.fail_next("revoke", DOWN)
        await core.connect(visitor, connector)
        await core.disconnect(visitor, connector)
    core.wait(minutes=1)
    first = min(core.tables.revocations.values(), key=lambda owed: (owed.next_try_at, owed.id))
    core.tables.revocations[first.id] = attrs.evolve(
        first, sealed_tokens=await core.vault.seal(Secret("no tokens at all"), grant_context(first.grant_id))
    )
    with pytest.raises(ValueError, match="Expecting value"):
        await retry(core)

    await retry(core)

    assert [owed.id for owed in core.tables.revocations.values()] == [first.id]


async def test_a_debt_that_names_no_organisation_never_takes_the_others_with_it() -> None:
    core = a_core()
    visitor = await owing(core, "xero")
    ((grant_id, owed),) = core.tables.revocations.items()
    core.tables.revocations[grant_id] = attrs.evolve(owed, organisation=None)
    core.gateway.hand_out(OTHER_LTD)
    await core.connect(visitor, "xero")
    core.wait(minutes=1)

    await retry(core)

    assert not core.gateway.revoked
    assert not core.gateway.removed
    assert not core.tables.revocations


async def test_the_tokens_of_a_wrong_account_are_revoked_by_the_next_run() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    core.gateway.hand_out(ProviderAccount(subject="somebody else", email=None))
    await core.connect(visitor)

    assert await retry(core) == 1

    assert [tokens.access.token.reveal() for tokens in core.gateway.revoked] == ["access-3"]
    assert core.tables.connector_links


async def test_replaced_tokens_that_stand_alone_are_revoked_by_the_next_run() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "notes")
    await core.connect(visitor, "notes")

    assert await retry(core) == 1

    assert [tokens.access.token.reveal() for tokens in core.gateway.revoked] == ["access-1"]


async def test_tokens_that_no_longer_open_are_given_up() -> None:
    core = a_core()
    await owing(core)
    core.wait(minutes=1)

    await retry(core.restarted(vault=MemoryVault()))

    assert not core.gateway.revoked
    assert not core.tables.revocations


@pytest.mark.parametrize("known", [True, False], ids=["cannot revoke any more", "is no longer in the catalogue"])
async def test_a_connector_that_cannot_be_asked_any_more_is_owed_nothing(known: bool) -> None:  # noqa: FBT001
    core = a_core()
    await owing(core, "xero")
    specs = tuple(attrs.evolve(spec, revoke=None) for spec in CATALOGUE if spec.key == "xero" and known)
    core.wait(minutes=1)

    assert await retry(core.restarted(catalogue=ConnectorCatalogue(specs))) == 1

    assert not core.gateway.revoked
    assert not core.gateway.removed
    assert not core.tables.revocations


async def test_one_provider_that_is_down_does_not_keep_the_others_from_being_told() -> None:
    core = a_core()
    visitor = await core.sign_in()
    for connector in ("sheets", "notes"):
        await core.connect(visitor, connector)
        core.gateway.fail_next("revoke", DOWN)
        await core.disconnect(visitor, connector)
        core.wait(minutes=1)
    core.gateway.fail_next("revoke", DOWN)

    assert await retry(core) == 2

    (owed,) = core.tables.revocations.values()
    assert (owed.connector, owed.tries) == ("sheets", 2)
    assert [tokens.access.token.reveal() for tokens in core.gateway.revoked] == ["access-3"]


async def test_what_was_settled_meanwhile_is_not_owed_again() -> None:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    core = a_core(clock=clock, gateway=gateway)
    await owing(core)
    core.wait(minutes=1)

    async def somebody_else_settles_it() -> None:
        (owed,) = core.tables.revocations.values()
        spec = CATALOGUE.get(owed.connector)
        assert spec is not None
        await core.uses.tell_provider()(spec, owed)
        gateway.fail_next("revoke", DOWN)

    gateway.meanwhile.then(somebody_else_settles_it)
    await retry(core)

    assert len(gateway.revoked) == 1

    assert not core.tables.revocations
