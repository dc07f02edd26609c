"""Reconnecting with less: revoke everything first, then ask for just the level, and never at somebody else's cost."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.connectors.reconnect_narrower import NotNarrowedYet
from pip_hub.application.connectors.send_to_provider import LeaveForProvider
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector import ConnectorCatalogue, RefreshSpec, RevokeRadius, RevokeSpec
from pip_hub.domain.connector_link import Organisation
from pip_hub.domain.errors import (
    ConnectorUnavailable,
    FlowNotOpen,
    GrantIsShared,
    NotConnected,
    NotSignedIn,
    PipHubError,
    ProviderUnreachable,
    UnknownConnector,
)
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.notice import NoticeKind
from pip_hub.domain.permission import Level
from pip_hub.domain.revocation import ForgetOutcome
from pip_hub.domain.scope import Scopes
from tests.builders import NOW, a_connector, an_organisation
from tests.support.connected import (
    DEMO_COMPANY,
    OTHER_LTD,
    XERO_OWNER,
    activity_of,
    card_of,
    change_level,
    link_of,
    reconnect_narrower,
    release,
)
from tests.support.core import BOB, Core, a_core
from tests.support.interruptions import Crash, InterruptedStorage, crash

pytestmark = pytest.mark.anyio


async def holding_more(connector: str = "xero", core: Core | None = None) -> tuple[Core, Visitor]:
    """Ann has lowered her level, and the provider still holds the wider grant."""
    core = core or a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, connector, level="write")
    await change_level(core, visitor, "read", connector)
    await core.see_hub(visitor)
    return core, visitor


async def test_the_old_grant_is_revoked_and_the_user_sent_back_for_just_their_level() -> None:
    core, visitor = await holding_more()

    leaving = await reconnect_narrower(core, visitor)

    assert isinstance(leaving, LeaveForProvider)
    assert len(core.gateway.revoked) == 1
    assert not core.tables.connector_links
    assert not core.tables.provider_grants
    assert not core.tables.revocations
    trip = core.gateway.trips[-1]
    assert trip.scopes == Scopes.of("openid", "email", "accounting.invoices.read")
    assert trip.login_hint is None


async def test_coming_back_from_it_holds_no_more_than_the_level() -> None:
    core, visitor = await holding_more()
    assert (await card_of(core, visitor)).holds_more

    await reconnect_narrower(core, visitor)
    assert (await core.come_back(visitor, core.gateway.trips[-1].state, "xero")).connected

    card = await card_of(core, visitor)
    assert (card.level, card.holds_more) == (Level.READ, False)
    assert (await release(core)).token_allows is Level.READ


async def test_it_is_told_as_the_disconnecting_that_it_is() -> None:
    core, visitor = await holding_more()

    await reconnect_narrower(core, visitor)

    notice = await core.notice(visitor)
    assert (notice.kind, notice.detail, notice.account) == (
        NoticeKind.DISCONNECTED,
        ForgetOutcome.REVOKED,
        "Demo Company (AU)",
    )
    assert [entry.detail for entry in await activity_of(core, visitor, ActivityKind.DISCONNECTED)] == ["revoked"]


async def test_what_the_provider_had_forgotten_already_is_narrow_enough() -> None:
    core, visitor = await holding_more()
    core.gateway.provider.end_account(link_of(core).provider, "xero-subject-1")

    assert isinstance(await reconnect_narrower(core, visitor), LeaveForProvider)

    assert (await core.notice(visitor)).detail == ForgetOutcome.ALREADY_GONE


async def test_while_the_provider_has_not_revoked_the_user_is_not_sent_for_the_old_grant_again() -> None:
    core, visitor = await holding_more()
    trips = len(core.gateway.trips)
    core.gateway.fail_next("revoke", ProviderUnreachable(reason="down"))

    assert await reconnect_narrower(core, visitor) == NotNarrowedYet(flow_id=None)

    assert len(core.gateway.trips) == trips
    assert not core.tables.connector_links
    assert (await core.notice(visitor)).detail == ForgetOutcome.TRYING
    (owed,) = core.tables.revocations.values()
    assert (owed.tries, owed.next_try_at) == (1, NOW + timedelta(minutes=1))
    core.wait(minutes=1)
    await core.uses.retry_revocations()()
    assert len(core.gateway.revoked) == 1


async def test_a_provider_that_cannot_revoke_is_not_asked_to_and_the_user_is_told_so() -> None:
    core, visitor = await holding_more("ledger")

    assert await reconnect_narrower(core, visitor, "ledger") == NotNarrowedYet(flow_id=None)

    assert core.gateway.calls["revoke"] == 0
    assert not core.tables.connector_links
    assert (await core.notice(visitor)).detail == ForgetOutcome.NOT_OFFERED


async def test_a_grant_that_another_service_of_the_user_hangs_on_is_left_as_it_was() -> None:
    core, visitor = await holding_more("sheets")
    await core.connect(visitor, "gmail")
    before = core.tables.copied()

    with pytest.raises(GrantIsShared) as shared:
        await reconnect_narrower(core, visitor, "sheets")

    assert shared.value.provider_name == "Google"
    assert core.tables == before
    assert core.gateway.calls["revoke"] == 0


@pytest.mark.parametrize("organisation", [DEMO_COMPANY, OTHER_LTD])
async def test_a_grant_that_another_user_hangs_on_is_left_as_it_was(organisation: Organisation) -> None:
    core, visitor = await holding_more()
    core.gateway.hand_out(attrs.evolve(XERO_OWNER, organisation=organisation))
    await core.connect(await core.sign_in(BOB), "xero")
    before = core.tables.copied()

    with pytest.raises(GrantIsShared):
        await reconnect_narrower(core, visitor)

    assert core.tables == before
    assert (core.gateway.calls["revoke"], core.gateway.calls["remove_organisation"]) == (0, 0)


async def test_where_tokens_stand_alone_it_does_not_matter_who_else_has_some() -> None:
    core, visitor = await holding_more("notes")
    await core.connect(await core.sign_in(BOB), "notes")

    assert isinstance(await reconnect_narrower(core, visitor, "notes"), LeaveForProvider)

    assert link_of(core, "notes", BOB).attention is None


async def test_a_token_set_that_others_use_too_is_kept_even_where_a_revocation_reaches_no_further_than_it() -> None:
    spec = a_connector(
        revoke=RevokeSpec(url="https://provider.example/revoke", radius=RevokeRadius.TOKEN),
        refresh=RefreshSpec(rotates=True, narrows=False, idle=None),
    )
    core, visitor = await holding_more("sheets", a_core(catalogue=ConnectorCatalogue((spec,))))
    bob = await core.sign_in(BOB)
    await core.connect(bob, "sheets")
    await core.uses.retry_revocations()()
    asked = core.gateway.calls["revoke"]

    with pytest.raises(GrantIsShared):
        await reconnect_narrower(core, visitor, "sheets")
    assert (await core.disconnect(bob, "sheets")).outcome is ForgetOutcome.KEPT

    assert core.gateway.calls["revoke"] == asked
    assert (await release(core, "sheets")).level is Level.READ


async def test_in_a_flow_the_way_on_leads_back_to_it() -> None:
    core, visitor = await holding_more("sheets")
    flow_id = await core.start_flow(visitor)

    await reconnect_narrower(core, visitor, "sheets", flow_id)

    assert (await core.come_back(visitor, core.gateway.trips[-1].state, "sheets")).flow_id == flow_id
    core.gateway.fail_next("revoke", ProviderUnreachable(reason="down"))
    assert await reconnect_narrower(core, visitor, "sheets", flow_id) == NotNarrowedYet(flow_id=flow_id)


@pytest.mark.parametrize(
    ("connector", "kind"),
    [("nothing", UnknownConnector), ("later", ConnectorUnavailable), ("gmail", NotConnected)],
)
async def test_what_cannot_be_reconnected_is_refused(connector: str, kind: type[PipHubError]) -> None:
    core, visitor = await holding_more()
    before = core.tables.copied()

    with pytest.raises(kind):
        await reconnect_narrower(core, visitor, connector)

    assert core.tables == before


async def test_only_in_ones_own_open_flow_and_session_is_anything_reconnected() -> None:
    core, visitor = await holding_more()

    with pytest.raises(FlowNotOpen):
        await reconnect_narrower(core, visitor, flow_id=FlowId("none"))
    with pytest.raises(NotSignedIn):
        await reconnect_narrower(core, core.a_browser())
    with pytest.raises(NotConnected):
        await reconnect_narrower(core, await core.sign_in(BOB))

    assert link_of(core).account.organisation == an_organisation()
    assert core.gateway.calls["revoke"] == 0


async def test_a_crash_before_the_commit_leaves_the_connection_as_it_was() -> None:
    storage = InterruptedStorage()
    core, visitor = await holding_more(core=a_core(storage=storage))
    storage.before_commit.then(crash)

    with pytest.raises(Crash):
        await reconnect_narrower(core, visitor)

    assert core.gateway.calls["revoke"] == 0
    assert (await release(core)).level is Level.READ
