"""Which organisation a connection is for: told by the provider, chosen by the user, and never guessed."""

import attrs
import pytest

from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.connectors.choose_organisation import OrganisationChosen
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector_link import Attention, LinkStatus, Organisation
from pip_hub.domain.errors import (
    FlowNotOpen,
    InteractionRequired,
    NotConnected,
    NotSignedIn,
    PipHubError,
    UnknownConnector,
    UnknownOrganisation,
)
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.notice import NoticeKind
from pip_hub.domain.release import Need
from tests.support.connected import (
    DEMO_COMPANY,
    OTHER_LTD,
    XERO_OWNER,
    activity_of,
    card_of,
    change_link,
    choose,
    link_of,
    reaching_both,
    release,
    step_up,
)
from tests.support.core import ANN, BOB, Core, a_core

pytestmark = pytest.mark.anyio

NAMELESS = attrs.evolve(XERO_OWNER, organisation=None)


async def undecided() -> tuple[Core, Visitor]:
    """Ann has connected an account of two organisations, and nothing said which one she meant."""
    core = a_core()
    visitor = await core.sign_in()
    account, organisations = reaching_both()
    core.gateway.hand_out(account, organisations=organisations)
    assert (await core.connect(visitor, "xero")).connected
    await core.notice(visitor)
    return core, visitor


async def test_the_organisation_that_the_provider_names_is_taken_and_others_can_be_chosen_later() -> None:
    core = a_core()
    core.gateway.hand_out(attrs.evolve(XERO_OWNER, organisation=OTHER_LTD), organisations=(DEMO_COMPANY, OTHER_LTD))

    await core.connect(await core.sign_in(), "xero")

    link = link_of(core)
    assert (link.account.organisation, link.attention) == (OTHER_LTD, None)
    assert link.organisations == (DEMO_COMPANY, OTHER_LTD)


async def test_where_nothing_names_it_the_user_has_to_choose_and_nothing_is_released_until_then() -> None:
    core, visitor = await undecided()

    card = await card_of(core, visitor)
    assert (card.status, card.attention) == (LinkStatus.NEEDS_ATTENTION, Attention.ORGANISATION_NOT_CHOSEN)
    assert (card.organisation, card.organisations) == (None, (DEMO_COMPANY, OTHER_LTD))
    assert card.account == "owner@example.com"
    with pytest.raises(InteractionRequired) as refused:
        await release(core)
    assert refused.value.need is Need.ORGANISATION_NOT_CHOSEN


async def test_a_single_organisation_is_not_guessed_either() -> None:
    core = a_core()
    core.gateway.hand_out(NAMELESS, organisations=(DEMO_COMPANY,))

    await core.connect(await core.sign_in(), "xero")

    assert link_of(core).attention is Attention.ORGANISATION_NOT_CHOSEN


async def test_a_connector_without_organisations_has_none_to_choose() -> None:
    core = a_core()

    await core.connect(await core.sign_in(), "sheets")

    assert link_of(core, "sheets").attention is None


async def test_choosing_makes_the_connection_usable_for_the_chosen_one() -> None:
    core, visitor = await undecided()

    assert await choose(core, visitor, "organisation-2") == OrganisationChosen(flow_id=None)

    released = await release(core)
    assert (released.organisation, released.account) == (OTHER_LTD, "Other Ltd")
    card = await card_of(core, visitor)
    assert (card.status, card.organisation) == (LinkStatus.CONNECTED, OTHER_LTD)


async def test_a_choice_can_be_changed() -> None:
    core, visitor = await undecided()
    await choose(core, visitor, "organisation-2")

    await choose(core, visitor, "organisation-1")

    assert (await release(core)).organisation == DEMO_COMPANY


async def test_a_choice_is_told_in_a_banner_and_in_the_log() -> None:
    core, visitor = await undecided()

    await choose(core, visitor, "organisation-2")

    notice = await core.notice(visitor)
    assert (notice.kind, notice.account, notice.detail) == (NoticeKind.ORGANISATION_CHOSEN, "Other Ltd", None)
    (told,) = await activity_of(core, visitor, ActivityKind.ORGANISATION_CHOSEN)
    assert (told.account, told.connector) == ("Other Ltd", "xero")


@pytest.mark.parametrize("organisation", ["organisation-3", "", "connection-2", "Other Ltd"])
async def test_an_organisation_that_the_account_does_not_reach_is_refused(organisation: str) -> None:
    core, visitor = await undecided()
    before = core.tables.copied()

    with pytest.raises(UnknownOrganisation):
        await choose(core, visitor, organisation)

    assert core.tables == before


async def test_another_users_organisations_are_not_ones_own() -> None:
    core, _ = await undecided()
    bob = await core.sign_in(BOB)
    core.gateway.hand_out(
        attrs.evolve(XERO_OWNER, subject="bob's", organisation=DEMO_COMPANY), organisations=(DEMO_COMPANY,)
    )
    await core.connect(bob, "xero")

    with pytest.raises(UnknownOrganisation):
        await choose(core, bob, "organisation-2")

    assert link_of(core, email=ANN).account.organisation is None


async def test_choosing_mends_an_organisation_that_has_gone() -> None:
    core, visitor = await undecided()
    await choose(core, visitor, "organisation-2")
    change_link(core, attention=Attention.ORGANISATION_GONE)

    await choose(core, visitor, "organisation-1")

    assert link_of(core).attention is None


async def test_choosing_does_not_bring_a_dead_grant_back() -> None:
    core, visitor = await undecided()
    change_link(core, attention=Attention.GRANT_ENDED)

    await choose(core, visitor, "organisation-1")

    assert link_of(core).attention is Attention.GRANT_ENDED
    with pytest.raises(InteractionRequired) as refused:
        await release(core)
    assert refused.value.need is Need.NEEDS_ATTENTION


async def test_a_step_up_that_does_not_name_the_organisation_keeps_the_one_chosen_before() -> None:
    core, visitor = await undecided()
    await choose(core, visitor, "organisation-2")
    core.gateway.hand_out(NAMELESS)

    assert await step_up(core, visitor)

    assert (link_of(core).account.organisation, link_of(core).attention) == (OTHER_LTD, None)


async def test_a_step_up_that_names_another_organisation_is_for_that_one() -> None:
    core, visitor = await undecided()
    await choose(core, visitor, "organisation-2")
    core.gateway.hand_out(attrs.evolve(XERO_OWNER, organisation=DEMO_COMPANY))

    await step_up(core, visitor)

    assert link_of(core).account.organisation == DEMO_COMPANY


async def test_an_earlier_choice_that_the_account_no_longer_reaches_is_not_kept() -> None:
    core, visitor = await undecided()
    await choose(core, visitor, "organisation-2")
    core.gateway.hand_out(NAMELESS, organisations=(DEMO_COMPANY,))

    await step_up(core, visitor)

    assert (link_of(core).account.organisation, link_of(core).attention) == (None, Attention.ORGANISATION_NOT_CHOSEN)


async def test_connecting_again_without_an_earlier_choice_still_leaves_the_choice_to_the_user() -> None:
    core, visitor = await undecided()
    core.gateway.hand_out(NAMELESS)

    await step_up(core, visitor)

    assert link_of(core).attention is Attention.ORGANISATION_NOT_CHOSEN


async def test_the_handle_of_an_earlier_choice_is_the_one_listed_now() -> None:
    core, visitor = await undecided()
    await choose(core, visitor, "organisation-2")
    made_anew = Organisation(id="organisation-2", name="Other Ltd", connection_id="connection-9")
    core.gateway.hand_out(NAMELESS, organisations=(DEMO_COMPANY, made_anew))

    await step_up(core, visitor)

    assert link_of(core).account.organisation == made_anew


async def test_in_a_flow_the_way_back_is_the_flows_page() -> None:
    core, visitor = await undecided()
    flow_id = await core.start_flow(visitor)

    assert await choose(core, visitor, "organisation-1", flow_id=flow_id) == OrganisationChosen(flow_id=flow_id)


@pytest.mark.parametrize(("connector", "kind"), [("nothing", UnknownConnector), ("sheets", NotConnected)])
async def test_where_there_is_nothing_to_choose_for_it_is_refused(connector: str, kind: type[PipHubError]) -> None:
    core, visitor = await undecided()

    with pytest.raises(kind):
        await choose(core, visitor, "organisation-1", connector)


async def test_only_in_ones_own_open_flow_and_session_is_anything_chosen() -> None:
    core, visitor = await undecided()

    with pytest.raises(FlowNotOpen):
        await choose(core, visitor, "organisation-1", flow_id=FlowId("none"))
    with pytest.raises(NotSignedIn):
        await choose(core, core.a_browser(), "organisation-1")
    with pytest.raises(NotConnected):
        await choose(core, await core.sign_in(BOB), "organisation-1")

    assert link_of(core).account.organisation is None
