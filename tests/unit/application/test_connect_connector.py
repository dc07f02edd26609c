"""Leaving for a provider."""

from datetime import timedelta

import pytest

from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.connectors.connect_connector import ConnectConnectorCommand
from pip_hub.application.connectors.send_to_provider import LeaveForProvider
from pip_hub.application.connectors.trip import PackedTrip, trip_context
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.errors import (
    ConnectorUnavailable,
    FlowNotOpen,
    LevelNotOffered,
    NotSignedIn,
    PipHubError,
    UnknownConnector,
)
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.permission import Level, ScopeRules
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret, digest_of
from tests.builders import NOW, a_connector
from tests.support.core import ANN, BOB, Core, a_core, query_of
from tests.support.interruptions import Crash, InterruptedStorage, crash

pytestmark = pytest.mark.anyio


async def leave(
    core: Core, visitor: Visitor, connector: str = "sheets", level: str = "read", flow_id: FlowId | None = None
) -> LeaveForProvider:
    command = ConnectConnectorCommand(visitor=visitor, connector=connector, level=level, flow_id=flow_id)
    return await core.uses.connect_connector()(command)


async def test_the_browser_leaves_for_the_provider_with_a_state_and_our_callback() -> None:
    core = a_core()

    leaving = await leave(core, await core.sign_in(), level="write")

    (trip,) = core.gateway.trips
    assert leaving.url.startswith("https://provider.example/authorize?")
    assert query_of(leaving.url)["state"] == trip.state.reveal()
    assert trip.redirect_uri == "https://hub.example/integrations/sheets/callback"
    assert trip.scopes == Scopes.of("openid", "email", "sheets")
    assert trip.login_hint is None


async def test_the_trip_is_remembered_with_who_left_from_where_for_what_and_until_when() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    core.wait(minutes=1)

    await leave(core, visitor, level="write", flow_id=flow_id)

    (attempt,) = core.tables.connection_attempts.values()
    (user,) = core.tables.users.values()
    assert visitor.session is not None
    assert (attempt.user_id, attempt.session) == (user.id, digest_of(visitor.session))
    assert (attempt.flow_id, attempt.connector, attempt.level) == (flow_id, "sheets", Level.WRITE)
    now = NOW + timedelta(minutes=1)
    assert (attempt.created_at, attempt.expires_at) == (now, now + timedelta(minutes=10))
    assert attempt.taken_at is None


@pytest.mark.requirement("RFC 7636 4.1")
async def test_state_verifier_and_nonce_are_three_secrets_fresh_for_every_trip() -> None:
    core = a_core()
    visitor = await core.sign_in()

    await leave(core, visitor)
    await leave(core, visitor)

    sent = {secret.reveal() for trip in core.gateway.trips for secret in (trip.state, trip.verifier, trip.nonce)}
    assert len(sent) == 6


async def test_the_state_is_kept_as_a_digest_and_verifier_and_nonce_sealed_for_this_trip_only() -> None:
    core = a_core()

    await leave(core, await core.sign_in())

    (trip,) = core.gateway.trips
    (attempt,) = core.tables.connection_attempts.values()
    assert attempt.state_digest == digest_of(trip.state)
    assert attempt.state_digest.value in trip_context(attempt.state_digest)
    sealed = await core.vault.open(attempt.sealed_trip, trip_context(digest_of(trip.state)))
    assert PackedTrip.unpack(sealed) == PackedTrip(verifier=trip.verifier, nonce=trip.nonce)
    for secret in (trip.state, trip.verifier, trip.nonce):
        assert secret.reveal() not in str(core.tables)


async def test_a_packed_trip_is_a_secret() -> None:
    packed = PackedTrip(verifier=Secret("hush"), nonce=Secret("hush")).packed()

    assert "hush" not in repr(packed)


async def test_where_the_browser_goes_is_not_shown_since_it_carries_the_state() -> None:
    core = a_core()

    leaving = await leave(core, await core.sign_in())

    assert core.gateway.trips[0].state.reveal() not in repr(leaving)


async def test_connecting_again_suggests_the_account_that_is_connected() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)

    await leave(core, visitor)

    assert core.gateway.trips[-1].login_hint == "owner@example.com"


async def test_another_users_account_is_never_suggested() -> None:
    core = a_core()
    await core.connect(await core.sign_in(BOB))

    await leave(core, await core.sign_in(ANN))

    assert core.gateway.trips[-1].login_hint is None


@pytest.mark.parametrize(
    ("connector", "level", "kind"),
    [
        ("nothing", "read", UnknownConnector),
        ("", "read", UnknownConnector),
        ("later", "read", ConnectorUnavailable),
        ("sheets", "admin", LevelNotOffered),
        ("sheets", "", LevelNotOffered),
        ("sheets", "READ", LevelNotOffered),
    ],
)
async def test_what_cannot_be_connected_is_refused_and_nobody_leaves(
    connector: str, level: str, kind: type[PipHubError]
) -> None:
    core = a_core()
    visitor = await core.sign_in()

    with pytest.raises(kind) as refusal:
        await leave(core, visitor, connector, level, FlowId("the flow to go back to"))

    assert getattr(refusal.value, "flow_id", None) == "the flow to go back to"
    assert not core.gateway.trips
    assert not core.tables.connection_attempts


async def test_a_level_the_connector_has_no_scopes_for_is_not_offered() -> None:
    read_only = ScopeRules(identity=Scopes(), levels={Level.READ: Scopes.of("r")})
    core = a_core(catalogue=ConnectorCatalogue((a_connector(scopes=read_only),)))
    visitor = await core.sign_in()

    with pytest.raises(LevelNotOffered) as refusal:
        await leave(core, visitor, level="write", flow_id=FlowId("the flow to go back to"))
    assert refusal.value.flow_id == "the flow to go back to"
    await leave(core, visitor, level="read")


async def test_without_a_session_nobody_leaves() -> None:
    core = a_core()

    with pytest.raises(NotSignedIn):
        await leave(core, core.a_browser())

    assert not core.gateway.trips
    assert not core.tables.connection_attempts


async def test_only_from_an_open_flow_of_ones_own_does_one_leave_in_a_flow() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    mine, spent, bobs = await core.start_flow(ann), await core.start_flow(ann), await core.start_flow(bob)
    await core.complete(ann, spent)
    ann_elsewhere = await core.sign_in(ANN)

    for visitor, flow_id in ((ann, FlowId("none")), (ann, spent), (ann, bobs), (ann_elsewhere, mine)):
        with pytest.raises(FlowNotOpen):
            await leave(core, visitor, flow_id=flow_id)
    core.wait(minutes=30)
    with pytest.raises(FlowNotOpen):
        await leave(core, ann, flow_id=mine)

    assert not core.gateway.trips


async def test_several_trips_can_be_under_way_at_once() -> None:
    core = a_core()
    visitor = await core.sign_in()
    first = await core.leave(visitor, "sheets")
    second = await core.leave(visitor, "gmail")

    assert (await core.come_back(visitor, second, "gmail")).connected
    assert (await core.come_back(visitor, first, "sheets")).connected


async def test_a_crash_before_the_commit_sends_nobody_anywhere() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    visitor = await core.sign_in()
    storage.before_commit.then(crash)

    with pytest.raises(Crash):
        await leave(core, visitor)

    assert not core.gateway.trips
    await leave(core, visitor)
