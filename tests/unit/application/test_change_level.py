"""Changing a level: down at once, up at once where the provider granted it before, else by way of the provider."""

import attrs
import pytest

from pip_hub.application.connectors.change_level import LevelChanged
from pip_hub.application.connectors.send_to_provider import LeaveForProvider
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.connector_link import Attention, LinkStatus, ProviderAccount
from pip_hub.domain.errors import (
    ConnectorUnavailable,
    FlowNotOpen,
    InteractionRequired,
    LevelNotOffered,
    NotConnected,
    NotSignedIn,
    PipHubError,
    UnknownConnector,
)
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.notice import FailureReason, NoticeKind
from pip_hub.domain.permission import Level, ScopeRules
from pip_hub.domain.release import Need
from pip_hub.domain.scope import Scopes
from tests.builders import a_connector_with_organisations
from tests.support.connected import (
    activity_of,
    card_of,
    change_level,
    change_link,
    link_of,
    release,
    step_up,
    tokens_of,
)
from tests.support.core import ANN, BOB, a_core
from tests.support.interruptions import Crash, InterruptedStorage, crash

pytestmark = pytest.mark.anyio

SOMEBODY_ELSE = ProviderAccount(subject="somebody else", email="else@example.com")


async def test_lowering_takes_effect_at_once_without_the_provider() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "sheets", level="write")
    await release(core, "sheets", "write")
    before, trips = link_of(core, "sheets"), len(core.gateway.trips)

    assert await change_level(core, visitor, "read", "sheets") == LevelChanged(flow_id=None)

    assert link_of(core, "sheets") == attrs.evolve(before, level=Level.READ)
    assert len(core.gateway.trips) == trips
    with pytest.raises(InteractionRequired) as refused:
        await release(core, "sheets", "write")
    assert refused.value.need is Need.LEVEL_TOO_LOW


async def test_the_card_says_what_the_provider_still_holds_after_lowering() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "sheets", level="write")
    assert not (await card_of(core, visitor, "sheets")).holds_more

    await change_level(core, visitor, "read", "sheets")

    card = await card_of(core, visitor, "sheets")
    assert card.holds_more
    assert (card.level, card.granted) == (Level.READ, Scopes.of("openid", "email", "sheets"))
    assert card.status is LinkStatus.CONNECTED


async def test_raising_to_what_was_granted_before_takes_effect_at_once() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "sheets", level="write")
    await change_level(core, visitor, "read", "sheets")

    assert await change_level(core, visitor, "write", "sheets") == LevelChanged(flow_id=None)

    assert (await release(core, "sheets", "write")).level is Level.WRITE
    assert len(core.gateway.trips) == 1


async def test_raising_to_what_was_never_granted_sends_the_user_to_the_provider_and_changes_nothing_yet() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "sheets")
    before = link_of(core, "sheets")

    leaving = await change_level(core, visitor, "write", "sheets")

    assert isinstance(leaving, LeaveForProvider)
    assert core.gateway.trips[-1].scopes == Scopes.of("openid", "email", "sheets")
    assert core.gateway.trips[-1].login_hint == "owner@example.com"
    assert link_of(core, "sheets") == before
    with pytest.raises(InteractionRequired):
        await release(core, "sheets", "write")


async def test_where_scopes_add_up_a_step_up_asks_only_for_what_is_missing() -> None:
    rules = ScopeRules(
        identity=Scopes.of("openid"),
        levels={
            Level.READ: Scopes.of("invoices.read", "reports.read"),
            Level.WRITE: Scopes.of("invoices", "reports.read"),
        },
        implies={"invoices": Scopes.of("invoices.read")},
    )
    core = a_core(catalogue=ConnectorCatalogue((a_connector_with_organisations(scopes=rules),)))
    visitor = await core.sign_in()
    await core.connect(visitor, "xero")

    await change_level(core, visitor, "write", "xero")

    assert core.gateway.trips[-1].scopes == Scopes.of("openid", "invoices")


async def test_where_scopes_add_up_a_grant_that_has_ended_is_asked_for_as_a_whole() -> None:
    rules = ScopeRules(
        identity=Scopes.of("openid"),
        levels={Level.READ: Scopes.of("invoices", "reports"), Level.WRITE: Scopes.of("invoices", "reports", "write")},
    )
    core = a_core(catalogue=ConnectorCatalogue((a_connector_with_organisations(scopes=rules),)))
    visitor = await core.sign_in()
    await core.connect(visitor, "xero")
    change_link(core, attention=Attention.GRANT_ENDED)

    await change_level(core, visitor, "write", "xero")

    assert core.gateway.trips[-1].scopes == Scopes.of("openid", "invoices", "reports", "write")


async def test_a_step_up_through_the_provider_raises_the_level_and_what_is_released() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "xero")

    assert await step_up(core, visitor)

    assert link_of(core).level is Level.WRITE
    released = await release(core, "xero", "write")
    assert released.access_token == (await tokens_of(core)).access.token


async def test_a_step_up_in_which_the_wider_scope_was_unticked_is_limited_and_releases_only_reading() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "notes")
    core.gateway.hand_out(
        ProviderAccount(subject="notes-subject-1", email=None), granted=Scopes.of("openid", "notes.read")
    )

    assert await step_up(core, visitor, connector="notes")

    card = await card_of(core, visitor, "notes")
    assert (card.status, card.level, card.missing) == (LinkStatus.LIMITED, Level.WRITE, Scopes.of("notes.write"))
    assert (await release(core, "notes", "read")).level is Level.READ
    with pytest.raises(InteractionRequired) as refused:
        await release(core, "notes", "write")
    assert refused.value.need is Need.LEVEL_TOO_LOW


async def test_asking_again_for_the_level_of_a_limited_link_goes_to_the_provider_for_the_missing_part() -> None:
    core = a_core()
    visitor = await core.sign_in()
    account = ProviderAccount(subject="notes-subject-1", email=None)
    core.gateway.hand_out(account, granted=Scopes.of("openid", "notes.read"))
    await core.connect(visitor, "notes", level="write")

    core.gateway.hand_out(account)
    assert await step_up(core, visitor, connector="notes")

    assert (await card_of(core, visitor, "notes")).status is LinkStatus.CONNECTED


async def test_lowering_is_never_put_off_by_a_provider_that_granted_writing_without_reading() -> None:
    core = a_core()
    visitor = await core.sign_in()
    account = ProviderAccount(subject="notes-subject-1", email=None)
    core.gateway.hand_out(account, granted=Scopes.of("openid", "notes.write"))
    await core.connect(visitor, "notes", level="write")

    assert await change_level(core, visitor, "read", "notes") == LevelChanged(flow_id=None)

    assert link_of(core, "notes").level is Level.READ
    with pytest.raises(InteractionRequired):
        await release(core, "notes", "write")
    assert (await card_of(core, visitor, "notes")).missing == Scopes.of("notes.read")


async def test_another_account_that_comes_back_from_a_step_up_is_refused_and_its_tokens_are_owed() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "sheets")
    await core.notice(visitor)
    before = link_of(core, "sheets"), await tokens_of(core, "sheets")
    core.gateway.hand_out(SOMEBODY_ELSE)

    assert await step_up(core, visitor, connector="sheets") is False

    assert (link_of(core, "sheets"), await tokens_of(core, "sheets")) == before
    notice = await core.notice(visitor)
    assert (notice.detail, notice.account) == (FailureReason.WRONG_ACCOUNT, "else@example.com")
    (owed,) = core.tables.revocations.values()
    assert (owed.subject, owed.next_try_at) == ("somebody else", core.clock.now())
    await core.uses.retry_revocations()()
    assert [core.gateway.provider.honours(tokens) for tokens in core.gateway.revoked] == [False]
    assert (await release(core, "sheets")).account == "owner@example.com"


async def test_a_change_is_told_in_a_banner_and_in_the_log() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "xero", level="write")
    await core.notice(visitor)

    await change_level(core, visitor, "read")

    notice = await core.notice(visitor)
    assert (notice.kind, notice.detail, notice.account) == (NoticeKind.LEVEL_CHANGED, "read", "Demo Company (AU)")
    (told,) = await activity_of(core, visitor, ActivityKind.LEVEL_CHANGED)
    assert (told.detail, told.account, told.connector) == ("read", "Demo Company (AU)", "xero")


async def test_the_level_it_has_already_is_no_change_and_no_news() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "sheets")
    await core.notice(visitor)
    before = core.tables.copied()

    assert await change_level(core, visitor, "read", "sheets") == LevelChanged(flow_id=None)

    assert core.tables == before


async def test_in_a_flow_the_way_back_is_the_flows_page() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.connect(visitor, "sheets", level="write")

    assert await change_level(core, visitor, "read", "sheets", flow_id) == LevelChanged(flow_id=flow_id)

    await core.connect(visitor, "gmail")
    await change_level(core, visitor, "write", "gmail", flow_id)
    assert (await core.come_back(visitor, core.gateway.trips[-1].state, "gmail")).flow_id == flow_id


@pytest.mark.parametrize(
    ("connector", "level", "kind"),
    [
        ("nothing", "read", UnknownConnector),
        ("later", "read", ConnectorUnavailable),
        ("sheets", "admin", LevelNotOffered),
        ("sheets", "", LevelNotOffered),
        ("gmail", "read", NotConnected),
    ],
)
async def test_what_cannot_be_changed_is_refused(connector: str, level: str, kind: type[PipHubError]) -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "sheets")
    before = core.tables.copied()

    with pytest.raises(kind):
        await change_level(core, visitor, level, connector)

    assert core.tables == before


async def test_only_in_ones_own_open_flow_and_session_is_a_level_changed() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "sheets", level="write")
    bobs = await core.start_flow(bob)

    for flow_id in (FlowId("none"), bobs):
        with pytest.raises(FlowNotOpen):
            await change_level(core, ann, "read", "sheets", flow_id)
    with pytest.raises(NotSignedIn):
        await change_level(core, core.a_browser(), "read", "sheets")
    with pytest.raises(NotConnected):
        await change_level(core, bob, "read", "sheets")

    assert link_of(core, "sheets").level is Level.WRITE


async def test_a_crash_before_the_commit_changes_nothing() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    visitor = await core.sign_in()
    await core.connect(visitor, "sheets", level="write")
    storage.before_commit.then(crash)

    with pytest.raises(Crash):
        await change_level(core, visitor, "read", "sheets")

    assert link_of(core, "sheets").level is Level.WRITE
