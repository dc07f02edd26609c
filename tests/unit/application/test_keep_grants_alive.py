"""Idle refresh tokens are used before their provider forgets them, and only those that can still be saved."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.gateway import MemoryGateway
from pip_hub.application.housekeeping.keep_grants_alive import AT_ONCE
from pip_hub.application.ports.provider_gateway import ProviderAnswer, ProviderConnection
from pip_hub.domain.connector import ConnectorCatalogue, ConnectorSpec, RefreshSpec
from pip_hub.domain.connector_link import Attention, ProviderAccount
from pip_hub.domain.errors import (
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
)
from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, UserId
from pip_hub.domain.provider_grant import ProviderGrant, ProviderTokens
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Sealed, Secret
from tests.builders import NOW, a_connector, a_link, a_provider_grant, an_account
from tests.support.connected import change_link, grant_of, link_of, refresh, tokens_of
from tests.support.core import ANN, BOB, Core, a_core

pytestmark = pytest.mark.anyio

INSTANT = timedelta(microseconds=1)
HALF_OF_XEROS_SIXTY_DAYS = timedelta(days=30)


async def keep_alive(core: Core) -> int:
    return await core.uses.keep_grants_alive()()


async def connected(connector: str = "xero", core: Core | None = None) -> Core:
    core = core or a_core()
    await core.connect(await core.sign_in(), connector)
    return core


async def test_a_grant_is_renewed_once_it_has_been_idle_for_more_than_half_of_its_time() -> None:
    core = await connected()
    core.clock.advance(HALF_OF_XEROS_SIXTY_DAYS)
    assert await keep_alive(core) == 0

    now = core.clock.advance(INSTANT)

    assert await keep_alive(core) == 1
    assert (grant_of(core).generation, grant_of(core).refreshed_at) == (1, now)
    assert await keep_alive(core) == 0


async def test_a_grant_that_nobody_uses_for_a_year_still_works() -> None:
    core = await connected()

    for _ in range(12):
        core.wait(days=31)
        assert await keep_alive(core) == 1

    assert core.gateway.provider.honours(await tokens_of(core))
    assert link_of(core).attention is None


async def test_a_grant_in_use_is_left_alone() -> None:
    core = await connected()
    core.wait(days=20)
    await refresh(core)
    core.wait(days=20)

    assert await keep_alive(core) == 0


async def test_being_kept_alive_is_no_use_that_the_user_would_see() -> None:
    core = await connected()
    activity = dict(core.tables.activity)
    core.wait(days=31)

    await keep_alive(core)

    assert link_of(core).last_used_at is None
    assert core.tables.activity == activity


async def test_each_provider_has_its_own_idle_time_and_some_have_none() -> None:
    specs = (
        a_connector(key=ConnectorKey("gmail"), refresh=RefreshSpec(rotates=False, narrows=True, idle=None)),
        a_connector(key=ConnectorKey("sheets"), refresh=None),
    )
    core = a_core(catalogue=ConnectorCatalogue(specs))
    await connected("gmail", core)
    await connected("sheets", core)
    core.wait(days=400)

    assert await keep_alive(core) == 0
    assert core.gateway.calls["refresh"] == 0


async def test_a_token_set_that_several_links_hang_on_is_renewed_once() -> None:
    core = await connected()
    await core.connect(await core.sign_in(BOB), "xero")
    core.wait(days=31)

    assert await keep_alive(core) == 1

    assert core.gateway.calls["refresh"] == 1


class GatewayWithOneRegistrationEach(MemoryGateway):
    """Providers at which each connector is registered on its own, so that none can use the other's tokens."""

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock)
        self._made_for: dict[Secret | None, ConnectorKey] = {}

    async def exchange(self, spec: ConnectorSpec, answer: ProviderAnswer) -> ProviderConnection:
        connection = await super().exchange(spec, answer)
        self._made_for[connection.tokens.refresh] = spec.key
        return connection

    async def refresh(self, spec: ConnectorSpec, tokens: ProviderTokens, narrow_to: Scopes | None) -> ProviderTokens:
        if self._made_for[tokens.refresh] != spec.key:
            raise ProviderRefused(reason="issued to another client")
        return await super().refresh(spec, tokens, narrow_to)


async def test_a_grant_is_renewed_as_the_connector_that_it_was_made_for() -> None:
    clock = FrozenClock(NOW)
    core = a_core(clock=clock, gateway=GatewayWithOneRegistrationEach(clock))
    await connected("sheets", core)
    await connected("gmail", core)
    core.wait(days=91)

    assert await keep_alive(core) == 2

    assert (link_of(core, "sheets").attention, link_of(core, "gmail").attention) == (None, None)


async def test_a_grant_that_has_ended_is_not_asked_about_again() -> None:
    core = await connected()
    change_link(core, attention=Attention.GRANT_ENDED)
    core.wait(days=31)

    assert await keep_alive(core) == 0

    assert core.gateway.calls["refresh"] == 0


@pytest.mark.parametrize("attention", [Attention.ORGANISATION_GONE, Attention.ORGANISATION_NOT_CHOSEN])
async def test_a_grant_that_waits_for_its_user_is_kept_alive(attention: Attention) -> None:
    core = await connected()
    change_link(core, attention=attention)
    core.wait(days=31)

    assert await keep_alive(core) == 1


async def test_tokens_without_a_link_are_left_alone() -> None:
    core = await connected()
    core.tables.connector_links.clear()
    core.wait(days=31)

    assert await keep_alive(core) == 0


@pytest.mark.parametrize("kind", [ProviderUnreachable, ProviderRefused, ProviderMisconfigured, ProviderMisbehaved])
async def test_one_that_fails_does_not_keep_the_others_from_being_renewed(kind: type[ProviderTrouble]) -> None:
    core = await connected()
    core.gateway.hand_out(ProviderAccount(subject="bob's", email=None, organisation=link_of(core).account.organisation))
    await core.connect(await core.sign_in(BOB), "xero")
    core.wait(days=31)
    core.gateway.fail_next("refresh", kind(reason="not this one"))

    assert await keep_alive(core) == 1

    assert sorted([grant_of(core, email=ANN).generation, grant_of(core, email=BOB).generation]) == [0, 1]


async def test_a_grant_whose_tokens_do_not_open_does_not_keep_the_others_from_being_renewed() -> None:
    core = await connected()
    damaged = a_provider_grant(id=ProviderGrantId("damaged"), sealed_tokens=Sealed("damaged"))
    hang(core, damaged)
    core.wait(days=31)

    assert await keep_alive(core) == 1


async def test_a_grant_that_dies_while_being_kept_alive_is_told_to_its_user() -> None:
    core = await connected()
    core.wait(days=31)
    core.gateway.fail_next("refresh", ProviderRefused(reason="dead"))

    assert await keep_alive(core) == 0

    assert link_of(core).attention is Attention.GRANT_ENDED


async def test_however_many_grants_are_over_they_never_hide_one_that_can_be_saved() -> None:
    core = a_core()
    for number in range(2 * AT_ONCE):
        grant = a_provider_grant(id=ProviderGrantId(f"over-{number}"), subject=f"over-{number}")
        hang(core, grant, attention=Attention.GRANT_ENDED)
    core.wait(days=1)
    await connected(core=core)
    core.wait(days=31)

    assert await keep_alive(core) == 1


async def test_one_run_renews_a_limited_number_and_the_next_goes_on_with_the_longest_idle() -> None:
    core = await connected()
    tokens = (await tokens_of(core)).packed()
    for number in range(AT_ONCE):
        grant = a_provider_grant(id=ProviderGrantId(f"idle-{number}"), subject=f"idle-{number}")
        hang(core, attrs.evolve(grant, sealed_tokens=await core.vault.seal(tokens, grant.vault_context)))
    core.wait(days=31)

    assert [await keep_alive(core) for _ in range(3)] == [AT_ONCE, 1, 0]


def hang(core: Core, grant: ProviderGrant, *, attention: Attention | None = None) -> None:
    """Store a grant, and a link of somebody's that hangs on it."""
    link = a_link(
        user_id=UserId(f"user of {grant.id}"),
        grant_id=grant.id,
        account=an_account(subject=grant.subject),
        attention=attention,
    )
    core.tables.provider_grants[grant.id] = grant
    core.tables.connector_links[link.user_id, link.connector] = link
    assert grant.refreshed_at == NOW
