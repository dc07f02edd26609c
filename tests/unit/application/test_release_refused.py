"""Who is given no connector token, and what they are told: every check of every call."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.connectors.release_connector_token import ReleaseConnectorTokenCommand
from pip_hub.application.tokens.authenticate_resource import ResourceCredentials
from pip_hub.application.tokens.revoke_token import RevokeTokenCommand
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector_link import Attention
from pip_hub.domain.errors import (
    InteractionRequired,
    InvalidClient,
    InvalidRequest,
    InvalidScope,
    InvalidSubjectToken,
    InvalidTarget,
    PipHubError,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderRefusedScope,
    ProviderTrouble,
    ProviderUnreachable,
    ReleaseFailed,
    TemporarilyUnavailable,
)
from pip_hub.domain.identifiers import ResourceId
from pip_hub.domain.release import Need
from pip_hub.domain.secret import Secret, digest_of
from tests.builders import NOW, a_resource
from tests.support.connected import (
    ALMOST_EXPIRED,
    activity_of,
    change_level,
    change_link,
    grant_of,
    link_of,
    now_reaches,
    reaching_both,
)
from tests.support.core import BOB, RESOURCE_SECRET, RESOURCE_URI, Core, a_core, public
from tests.support.interruptions import InterruptedGateway, InterruptedVault

pytestmark = pytest.mark.anyio

OTHER = ResourceCredentials(resource_id="resource-2", secret=Secret("other"))


@attrs.frozen
class World:
    core: Core
    visitor: Visitor
    token: Secret
    """Ann's MCP token."""

    async def ask(self, **overrides: Any) -> object:
        command = ReleaseConnectorTokenCommand(
            credentials=ResourceCredentials(resource_id="resource-1", secret=RESOURCE_SECRET),
            subject_token=self.token,
            connector="xero",
            scope="read",
        )
        return await self.core.uses.release_connector_token()(attrs.evolve(command, **overrides))

    async def refuses(self, kind: type[PipHubError], **overrides: Any) -> None:
        """Refused, with nothing noted and the provider not asked."""
        before = self.core.tables.copied()
        with pytest.raises(kind):
            await self.ask(**overrides)
        assert self.core.tables == before
        assert self.core.gateway.calls["refresh"] == 0

    async def needs(self, need: Need, **overrides: Any) -> None:
        with pytest.raises(InteractionRequired) as refused:
            await self.ask(**overrides)
        assert refused.value.need is need
        assert refused.value.connector == overrides.get("connector", "xero")


async def a_world(level: str = "read", core: Core | None = None) -> World:
    """Ann has connected Xero and authorized an MCP client; there is another MCP server besides."""
    core = core or a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "xero", level=level)
    other = a_resource(
        id=ResourceId("resource-2"), uri="https://other.example/mcp", secret_digest=digest_of(Secret("other"))
    )
    core.tables.resources[other.uri] = other
    return World(core, visitor, (await core.tokens()).access_token)


# -- Who asks ---------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("RFC 8693 2.1")
@pytest.mark.parametrize(
    ("resource_id", "secret"),
    [
        (None, RESOURCE_SECRET),
        ("", RESOURCE_SECRET),
        ("nobody", RESOURCE_SECRET),
        ("resource-1", None),
        ("resource-1", Secret("wrong")),
        ("resource-1", Secret("other")),
        (RESOURCE_URI, RESOURCE_SECRET),
    ],
)
async def test_only_a_resource_that_proves_itself_is_given_anything(
    resource_id: str | None, secret: Secret | None
) -> None:
    world = await a_world()

    await world.refuses(InvalidClient, credentials=ResourceCredentials(resource_id=resource_id, secret=secret))


async def test_the_resource_is_proved_before_anything_else_is_looked_at() -> None:
    world = await a_world()

    await world.refuses(
        InvalidClient,
        credentials=ResourceCredentials(resource_id="resource-1", secret=None),
        subject_token=None,
        connector=None,
        scope="nonsense",
    )


# -- For whose token --------------------------------------------------------------------------------------------------


async def test_without_a_token_there_is_nothing_to_exchange() -> None:
    await (await a_world()).refuses(InvalidRequest, subject_token=None)


async def test_a_token_that_was_issued_for_another_resource_is_refused() -> None:
    world = await a_world()

    await world.refuses(InvalidSubjectToken, credentials=OTHER)


@pytest.mark.parametrize("token", ["made up", "", "\ud800"])
async def test_a_token_that_is_not_one_of_ours_is_refused(token: str) -> None:
    await (await a_world()).refuses(InvalidSubjectToken, subject_token=Secret(token))


async def test_a_refresh_token_is_no_access_token() -> None:
    world = await a_world()

    await world.refuses(InvalidSubjectToken, subject_token=(await world.core.tokens()).refresh_token)


async def test_a_token_is_exchanged_until_exactly_the_moment_it_expires() -> None:
    world = await a_world()
    world.core.clock.advance(timedelta(minutes=60) - timedelta(microseconds=1))
    await world.ask()
    world.core.clock.advance(timedelta(microseconds=1))

    with pytest.raises(InvalidSubjectToken):
        await world.ask()


async def test_a_revoked_token_is_refused_at_once() -> None:
    world = await a_world()
    await world.core.uses.revoke_token()(RevokeTokenCommand(credentials=public(), token=world.token))

    await world.refuses(InvalidSubjectToken)


async def test_a_revoked_grant_bites_even_where_a_token_was_left_alive() -> None:
    world = await a_world()
    alive = dict(world.core.tables.access_tokens)
    async with world.core.storage.unit_of_work() as work:
        await work.grants.revoke(next(iter(world.core.tables.grants)), NOW)
        await work.commit()
    world.core.tables.access_tokens.update(alive)

    await world.refuses(InvalidSubjectToken)


async def test_a_token_whose_grant_was_cleared_away_is_refused() -> None:
    world = await a_world()
    world.core.tables.grants.clear()

    await world.refuses(InvalidSubjectToken)


# -- For which connector, at which level ------------------------------------------------------------------------------


async def test_the_connector_has_to_be_named() -> None:
    await (await a_world()).refuses(InvalidRequest, connector=None)


@pytest.mark.parametrize("connector", ["nothing", "", "XERO", "https://xero.example"])
async def test_an_unknown_connector_is_no_target(connector: str) -> None:
    await (await a_world()).refuses(InvalidTarget, connector=connector)


@pytest.mark.parametrize("scope", ["admin", "read write", "READ", "accounting.invoices"])
@pytest.mark.parametrize("connector", ["xero", "sheets"])
async def test_a_level_that_is_none_is_refused_whether_connected_or_not(scope: str, connector: str) -> None:
    await (await a_world()).refuses(InvalidScope, scope=scope, connector=connector)


@pytest.mark.parametrize("connector", ["sheets", "later"])
@pytest.mark.parametrize("scope", ["read", "write", None])
async def test_what_is_not_connected_has_to_be_connected_first(connector: str, scope: str | None) -> None:
    world = await a_world()

    await world.needs(Need.NOT_CONNECTED, connector=connector, scope=scope)


async def test_what_somebody_else_has_connected_is_not_connected() -> None:
    world = await a_world()
    await world.core.connect(await world.core.sign_in(BOB), "sheets")

    await world.needs(Need.NOT_CONNECTED, connector="sheets")


async def test_writing_at_the_level_of_reading_needs_the_user() -> None:
    world = await a_world("read")

    await world.needs(Need.LEVEL_TOO_LOW, scope="write")
    assert await activity_of(world.core, world.visitor, ActivityKind.RELEASED) == []
    assert link_of(world.core).last_used_at is None


async def test_until_an_organisation_is_chosen_nothing_is_released() -> None:
    core = a_core()
    account, organisations = reaching_both()
    core.gateway.hand_out(account, organisations=organisations)
    world = await a_world(core=core)

    await world.needs(Need.ORGANISATION_NOT_CHOSEN)


@pytest.mark.parametrize("attention", [Attention.GRANT_ENDED, Attention.ORGANISATION_GONE])
async def test_what_needs_attention_is_not_released_and_the_provider_not_asked(attention: Attention) -> None:
    world = await a_world()
    change_link(world.core, attention=attention)
    world.core.clock.advance(ALMOST_EXPIRED)

    await world.needs(Need.NEEDS_ATTENTION)

    assert world.core.gateway.calls["refresh"] == 0


# -- What the provider does -------------------------------------------------------------------------------------------


async def test_a_grant_that_turns_out_to_be_over_needs_the_user() -> None:
    world = await a_world()
    world.core.clock.advance(ALMOST_EXPIRED)
    world.core.gateway.fail_next("refresh", ProviderRefused(reason="dead"))

    await world.needs(Need.NEEDS_ATTENTION)

    assert link_of(world.core).last_used_at is None


@pytest.mark.parametrize(
    ("trouble", "seconds"),
    [
        (ProviderUnreachable(reason="down"), 5),
        (ProviderUnreachable(reason="429", retry_after=timedelta(seconds=70)), 70),
        (ProviderMisbehaved(reason="nonsense"), 5),
    ],
)
async def test_a_provider_that_is_down_or_busy_or_talks_nonsense_is_a_matter_of_time(
    trouble: ProviderTrouble, seconds: int
) -> None:
    world = await a_world()
    before = grant_of(world.core)
    world.core.clock.advance(ALMOST_EXPIRED)
    world.core.gateway.fail_next("refresh", trouble)

    with pytest.raises(TemporarilyUnavailable) as unavailable:
        await world.ask()

    assert unavailable.value.retry_after == timedelta(seconds=seconds)
    after = attrs.evolve(grant_of(world.core), lease_until=None)
    assert (after, link_of(world.core).attention) == (before, None)
    world.core.clock.advance(unavailable.value.retry_after)
    await world.ask()


async def test_until_the_time_a_provider_asked_for_nobody_asks_it_again() -> None:
    world = await a_world()
    world.core.clock.advance(ALMOST_EXPIRED)
    world.core.gateway.fail_next("refresh", ProviderUnreachable(reason="429", retry_after=timedelta(minutes=5)))
    with pytest.raises(TemporarilyUnavailable):
        await world.ask()
    world.core.wait(minutes=2)

    with pytest.raises(TemporarilyUnavailable) as unavailable:
        await world.ask()

    assert unavailable.value.retry_after == timedelta(minutes=3)
    assert world.core.gateway.calls["refresh"] == 1
    world.core.wait(minutes=3)
    await world.ask()


async def test_access_taken_away_while_the_provider_was_asked_is_gone() -> None:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    world = await a_world(core=a_core(clock=clock, gateway=gateway))
    clock.advance(ALMOST_EXPIRED)

    async def the_client_is_revoked() -> None:
        (grant,) = world.core.tables.grants.values()
        async with world.core.storage.unit_of_work() as work:
            await work.grants.revoke(grant.id, clock.now())
            await work.commit()

    gateway.meanwhile.then(the_client_is_revoked)
    with pytest.raises(InvalidSubjectToken):
        await world.ask()


async def test_a_scope_refused_without_narrowing_is_the_operators() -> None:
    world = await a_world()
    world.core.clock.advance(ALMOST_EXPIRED)
    world.core.gateway.fail_next("refresh", ProviderRefusedScope(reason="invalid_scope"))

    with pytest.raises(ReleaseFailed):
        await world.ask()


async def test_wrong_credentials_at_the_provider_are_the_operators_and_not_the_users() -> None:
    world = await a_world()
    world.core.clock.advance(ALMOST_EXPIRED)
    world.core.gateway.fail_next("refresh", ProviderMisconfigured(reason="invalid_client"))

    with pytest.raises(ReleaseFailed) as failed:
        await world.ask()

    assert failed.value.reason == "xero: invalid_client"
    assert link_of(world.core).attention is None


async def test_tokens_that_do_not_open_are_the_operators_and_nothing_is_released() -> None:
    world = await a_world()
    with_other_keys = attrs.evolve(world, core=world.core.restarted(vault=MemoryVault()))

    with pytest.raises(ReleaseFailed):
        await with_other_keys.ask()

    assert link_of(world.core).last_used_at is None
    await world.ask()


async def test_a_ciphertext_moved_from_another_users_row_releases_nothing() -> None:
    world = await a_world()
    core = world.core
    await core.connect(await core.sign_in(BOB), "sheets")
    theirs = grant_of(core, "sheets", BOB).sealed_tokens
    own = grant_of(core)
    core.tables.provider_grants[own.id] = attrs.evolve(own, sealed_tokens=theirs)

    with pytest.raises(ReleaseFailed):
        await world.ask()


# -- What the user does while the provider is asked -------------------------------------------------------------------


async def while_the_provider_is_asked(change: Callable[[World], Awaitable[object]], level: str = "write") -> World:
    """Somebody asks for a token that has to be renewed, and the user changes something before the answer is there."""
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    world = await a_world(level, a_core(clock=clock, gateway=gateway))
    world.core.clock.advance(ALMOST_EXPIRED)

    gateway.after_answer.then(lambda: change(world))
    return world


async def test_disconnecting_while_the_provider_is_asked_releases_nothing() -> None:
    world = await while_the_provider_is_asked(lambda world: world.core.disconnect(world.visitor, "xero"))

    await world.needs(Need.NOT_CONNECTED)

    assert not world.core.tables.provider_grants


async def test_disconnecting_while_fresh_tokens_are_opened_releases_nothing() -> None:
    vault = InterruptedVault()
    world = await a_world(core=a_core(vault=vault))
    vault.before_opening.then(lambda: world.core.disconnect(world.visitor, "xero"))

    await world.needs(Need.NOT_CONNECTED)


async def test_lowering_while_the_provider_is_asked_releases_nothing_above_the_new_level() -> None:
    world = await while_the_provider_is_asked(lambda world: change_level(world.core, world.visitor, "read"))

    await world.needs(Need.LEVEL_TOO_LOW, scope="write")

    assert link_of(world.core).last_used_at is None


async def test_lowering_while_the_provider_is_asked_still_releases_what_the_new_level_allows() -> None:
    world = await while_the_provider_is_asked(lambda world: change_level(world.core, world.visitor, "read"))

    assert await world.ask(scope="read")


async def test_the_end_of_the_grant_that_is_found_while_the_provider_is_asked_releases_nothing() -> None:
    async def end(world: World) -> None:
        change_link(world.core, attention=Attention.GRANT_ENDED)

    world = await while_the_provider_is_asked(end)

    await world.needs(Need.NEEDS_ATTENTION)


async def test_an_organisation_that_goes_while_the_provider_is_asked_releases_nothing() -> None:
    async def remove(world: World) -> None:
        now_reaches(world.core)

    world = await while_the_provider_is_asked(remove)

    await world.needs(Need.NEEDS_ATTENTION)


async def test_connecting_another_account_while_the_provider_is_asked_does_not_release_the_old_ones_token() -> None:
    async def change_accounts(world: World) -> None:
        await world.core.disconnect(world.visitor, "xero")
        account, organisations = reaching_both()
        named = attrs.evolve(account, subject="another", organisation=organisations[1])
        world.core.gateway.hand_out(named)
        await world.core.connect(world.visitor, "xero")

    world = await while_the_provider_is_asked(change_accounts)

    await world.needs(Need.NOT_CONNECTED)

    assert link_of(world.core).last_used_at is None
    assert await world.ask()
