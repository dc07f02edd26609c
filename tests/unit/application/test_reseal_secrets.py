"""Key rotation: every stored secret comes under the newest key, while the hub runs, and nothing is lost on the way."""

from collections.abc import Callable

import attrs
import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.flows.answered import AlreadyAnswered
from pip_hub.application.housekeeping.reseal_secrets import BATCH, Resealed
from pip_hub.application.ports.sealed_secrets import SealedIn
from pip_hub.domain.errors import CannotOpen, ProviderUnreachable
from pip_hub.domain.identifiers import FlowId, ProviderGrantId
from pip_hub.domain.revocation import ForgetOutcome
from pip_hub.domain.secret import Sealed, Secret
from tests.builders import NOW, a_provider_grant
from tests.support.connected import ALMOST_EXPIRED, grant_of, refresh, release, tokens_of
from tests.support.core import Core, a_core
from tests.support.interruptions import Crash, InterruptedGateway, InterruptedStorage, InterruptedVault, Step, crash

pytestmark = pytest.mark.anyio


@attrs.frozen
class World:
    """Something sealed in every collection that keeps sealed secrets."""

    core: Core
    vault: InterruptedVault
    storage: InterruptedStorage
    visitor: Visitor
    flow_id: FlowId
    """Answered, and its code not yet redeemed."""
    state: Secret
    """Of a browser that is away at a provider."""

    async def reseal(self) -> Resealed:
        return await self.core.uses.reseal_secrets()()

    async def old(self) -> dict[SealedIn, int]:
        """How many secrets of each collection are not under the newest key."""
        async with self.storage.unit_of_work() as work:
            found = {
                place: await work.sealed_secrets.without_mark(place, self.vault.mark, after="", limit=1000)
                for place in SealedIn
            }
        return {place: len(rows) for place, rows in found.items() if rows}

    async def everything_still_works(self) -> None:
        """Each secret is used for what it was sealed for."""
        again = await self.core.press_continue(self.visitor, self.flow_id)
        assert isinstance(again, AlreadyAnswered)
        assert again.way_back is not None
        assert (await self.core.come_back(self.visitor, self.state, "gmail")).connected
        assert (await release(self.core, "xero")).account == "Demo Company (AU)"
        self.core.wait(minutes=1)
        await self.core.uses.retry_revocations()()
        assert len(self.core.gateway.revoked) == 1
        assert not self.core.tables.revocations


async def a_world() -> World:
    vault, storage = InterruptedVault(), InterruptedStorage()
    core = a_core(vault=vault, storage=storage)
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.complete(visitor, flow_id)
    await core.connect(visitor, "xero")
    await core.connect(visitor, "notes")
    core.gateway.fail_next("revoke", ProviderUnreachable(reason="down"))
    assert (await core.disconnect(visitor, "notes")).outcome is ForgetOutcome.TRYING
    core.tables.connection_attempts.clear()
    world = World(core, vault, storage, visitor, flow_id, await core.leave(visitor, "gmail"))
    vault.change_key()
    assert await world.old() == dict.fromkeys(SealedIn, 1)
    return world


async def test_every_secret_comes_under_the_newest_key_and_still_does_what_it_was_sealed_for() -> None:
    world = await a_world()

    assert await world.reseal() == Resealed(resealed=4, unopenable=0)

    assert await world.old() == {}
    await world.everything_still_works()


async def test_what_is_under_the_newest_key_already_is_not_touched() -> None:
    world = await a_world()
    await world.reseal()
    before = world.core.tables.copied()

    assert await world.reseal() == Resealed(resealed=0, unopenable=0)

    assert world.core.tables == before


async def test_nothing_but_the_sealed_text_changes() -> None:
    world = await a_world()
    before = grant_of(world.core)

    await world.reseal()

    after = grant_of(world.core)
    assert after.sealed_tokens != before.sealed_tokens
    assert attrs.evolve(after, sealed_tokens=before.sealed_tokens) == before


async def test_a_resealed_secret_is_still_bound_to_its_own_row() -> None:
    world = await a_world()
    await world.reseal()

    await world.vault.open(grant_of(world.core).sealed_tokens, grant_of(world.core).vault_context)
    with pytest.raises(CannotOpen):
        await world.vault.open(grant_of(world.core).sealed_tokens, "another row")


async def with_grants(world: World, count: int, seal: Callable[[int], bool] = lambda _: True) -> None:
    """More grants, of which those that `seal` leaves out can no longer be opened."""
    for number in range(count):
        grant = a_provider_grant(id=ProviderGrantId(f"grant-{number:04}"), sealed_tokens=Sealed(f"damaged-{number}"))
        if seal(number):
            sealed = await world.vault.seal(Secret(f"tokens {number}"), grant.vault_context)
            grant = attrs.evolve(grant, sealed_tokens=sealed)
        world.core.tables.provider_grants[grant.id] = grant


async def test_more_than_a_batch_is_walked_to_the_end() -> None:
    world = await a_world()
    await with_grants(world, 2 * BATCH + 1)
    world.vault.change_key()

    assert (await world.reseal()).resealed == 4 + 2 * BATCH + 1

    assert await world.old() == {}


async def test_what_does_not_open_is_counted_and_kept_and_hides_nothing_behind_it() -> None:
    world = await a_world()
    await with_grants(world, 2 * BATCH + 10, seal=lambda number: number % 40 == 0 and number > 0)
    world.vault.change_key()
    damaged = {of: grant for of, grant in world.core.tables.provider_grants.items() if "damaged" in str(grant)}

    assert await world.reseal() == Resealed(resealed=4 + 5, unopenable=len(damaged))

    assert damaged.items() <= world.core.tables.provider_grants.items()
    assert await world.old() == {SealedIn.PROVIDER_GRANTS: len(damaged)}
    assert (await world.reseal()).unopenable == len(damaged)


async def test_secrets_under_a_key_that_is_missing_are_kept_until_it_is_given_again() -> None:
    world = await a_world()
    vault = MemoryVault()
    for _ in range(2):
        vault.change_key()
    without_the_old_key = world.core.restarted(vault=vault)
    before = world.core.tables.copied()

    assert await without_the_old_key.uses.reseal_secrets()() == Resealed(resealed=0, unopenable=4)

    assert world.core.tables == before
    assert (await world.reseal()).resealed == 4
    await world.everything_still_works()


async def while_resealing_tokens(world: World, step: Step) -> None:
    """Reseal tokens alone, and let something happen between reading them and storing the result."""
    world.core.tables.connection_attempts.clear()
    world.core.tables.authorization_codes.clear()
    world.vault.before_sealing.then(step)
    await world.reseal()


async def test_tokens_that_are_renewed_meanwhile_are_not_put_back() -> None:
    world = await a_world()
    before = await tokens_of(world.core)
    world.core.clock.advance(ALMOST_EXPIRED)

    await while_resealing_tokens(world, lambda: refresh(world.core))

    newest = await tokens_of(world.core)
    assert newest.refresh != before.refresh
    assert grant_of(world.core).generation == 1
    assert await world.old() == {}


async def test_tokens_that_are_resealed_while_the_provider_renews_them_take_the_answer_all_the_same() -> None:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    core = a_core(clock=clock, gateway=gateway)
    await core.connect(await core.sign_in(), "xero")
    core.vault.change_key()
    core.clock.advance(ALMOST_EXPIRED)
    gateway.after_answer.then(core.uses.reseal_secrets())

    renewed = await refresh(core)

    assert await tokens_of(core) == renewed
    assert gateway.calls["refresh"] == 1


async def test_what_is_disconnected_meanwhile_does_not_come_back() -> None:
    world = await a_world()

    await while_resealing_tokens(world, lambda: world.core.disconnect(world.visitor, "xero"))

    assert not world.core.tables.provider_grants


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("where", ["opening", "sealing", "committing"])
async def test_interrupted_at_any_step_it_has_lost_nothing_and_goes_on_from_there(where: str, number: int) -> None:
    world = await a_world()
    point = {
        "opening": world.vault.before_opening,
        "sealing": world.vault.before_sealing,
        "committing": world.storage.before_commit,
    }[where]

    async def not_yet(left: int) -> None:
        point.then((lambda: not_yet(left - 1)) if left > 1 else crash)

    point.then((lambda: not_yet(number)) if number else crash)
    with pytest.raises(Crash):
        await world.reseal()

    assert sum((await world.old()).values()) == 4 - number
    assert await world.reseal() == Resealed(resealed=4 - number, unopenable=0)
    await world.everything_still_works()
