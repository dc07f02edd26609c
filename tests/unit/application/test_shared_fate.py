"""Links that hang on one grant upstream: known as such, ended together, and never at each other's cost by accident."""

import attrs
import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector_link import Attention, LinkStatus, ProviderAccount
from pip_hub.domain.errors import InteractionRequired, ProviderRefused
from pip_hub.domain.identifiers import ConnectorKey, ProviderKey
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import grant_id_for
from pip_hub.domain.release import Need
from pip_hub.domain.revocation import ForgetPlan
from tests.builders import NOW
from tests.support.connected import (
    ALMOST_EXPIRED,
    OTHER_LTD,
    XERO_OWNER,
    activity_of,
    card_of,
    grant_of,
    link_of,
    refresh,
    release,
    step_up,
    tokens_of,
)
from tests.support.core import ANN, BOB, Core, a_core
from tests.support.interruptions import InterruptedGateway

pytestmark = pytest.mark.anyio

GOOGLE, XERO = ProviderKey("google"), ProviderKey("xero")
BOBS_XERO = ProviderAccount(subject="bob's", email="bob@example.com", organisation=OTHER_LTD)


async def die(core: Core, connector: str, email: str = ANN) -> None:
    """Let a renewal find that the grant is over."""
    core.clock.advance(ALMOST_EXPIRED)
    link = link_of(core, connector, email)
    core.gateway.provider.end_account(link.provider, link.account.subject)
    with pytest.raises(ProviderRefused):
        await refresh(core, connector, email)


async def test_two_google_services_of_one_account_are_two_grants_of_one_fate() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "gmail")
    await core.connect(visitor, "sheets")

    gmail, sheets = grant_of(core, "gmail"), grant_of(core, "sheets")

    assert gmail.id != sheets.id
    assert (gmail.provider, gmail.subject) == (sheets.provider, sheets.subject) == ("google", "google-subject-1")
    assert (await card_of(core, visitor, "gmail")).shares_with == ("Google Sheets",)
    assert (await card_of(core, visitor, "sheets")).shares_with == ("Gmail",)


async def test_services_of_two_google_accounts_share_nothing() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "gmail")
    core.gateway.hand_out(ProviderAccount(subject="another", email=None))
    await core.connect(visitor, "sheets")

    assert (await card_of(core, visitor, "gmail")).shares_with == ()


async def test_two_users_of_one_xero_account_share_one_token_set_under_an_id_of_the_account() -> None:
    core = a_core()
    await core.connect(await core.sign_in(ANN), "xero")
    await core.connect(await core.sign_in(BOB), "xero")

    assert link_of(core, email=ANN).grant_id == link_of(core, email=BOB).grant_id
    assert list(core.tables.provider_grants) == [grant_id_for(XERO, "xero-subject-1", link_of=None)]


async def test_the_newest_authorization_of_a_shared_token_set_counts_and_goes_on_from_the_generation_before() -> None:
    core = a_core()
    await core.connect(await core.sign_in(ANN), "xero")
    first = await tokens_of(core)

    await core.connect(await core.sign_in(BOB), "xero", level="write")

    assert (await tokens_of(core)).refresh != first.refresh
    assert grant_of(core).generation == 1


async def test_a_user_is_told_that_somebody_else_uses_the_account_and_never_who() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "xero")
    assert not (await card_of(core, ann)).shared_by_others

    await core.connect(bob, "xero")

    assert (await card_of(core, ann)).shared_by_others
    assert (await card_of(core, bob)).shared_by_others
    assert BOB not in str(await core.see_hub(ann))


async def test_a_service_of_the_same_user_is_not_somebody_elses() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "gmail")
    await core.connect(visitor, "sheets")

    assert not (await card_of(core, visitor, "gmail")).shared_by_others


async def test_each_user_of_a_shared_token_set_is_held_to_their_own_level() -> None:
    core = a_core()
    await core.connect(await core.sign_in(ANN), "xero", level="read")
    await core.connect(await core.sign_in(BOB), "xero", level="write")

    with pytest.raises(InteractionRequired) as refused:
        await release(core, scope="write")

    assert refused.value.need is Need.LEVEL_TOO_LOW


async def test_what_a_shared_token_allows_is_told_truthfully_to_those_who_granted_less() -> None:
    core = a_core()
    await core.connect(await core.sign_in(ANN), "xero", level="read")
    assert (await release(core)).token_allows is Level.READ

    await core.connect(await core.sign_in(BOB), "xero", level="write")

    released = await release(core)
    assert (released.level, released.token_allows) == (Level.READ, Level.WRITE)


async def test_the_death_of_a_grant_is_told_to_every_link_on_the_account_of_every_user_once() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "gmail")
    await core.connect(ann, "sheets")
    await core.connect(bob, "sheets")

    await die(core, "gmail")

    for visitor, connector in ((ann, "gmail"), (ann, "sheets"), (bob, "sheets")):
        card = await card_of(core, visitor, connector)
        assert (card.status, card.attention) == (LinkStatus.NEEDS_ATTENTION, Attention.GRANT_ENDED)
    anns = await activity_of(core, ann, ActivityKind.NEEDS_ATTENTION)
    assert sorted(entry.connector for entry in anns) == ["gmail", "sheets"]
    (bobs,) = await activity_of(core, bob, ActivityKind.NEEDS_ATTENTION)
    assert (bobs.connector, bobs.detail) == ("sheets", Attention.GRANT_ENDED)


async def test_a_death_that_two_tokens_find_out_is_told_once() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "gmail")
    await core.connect(visitor, "sheets")
    await die(core, "gmail")

    with pytest.raises(ProviderRefused):
        await refresh(core, "sheets")

    assert len(await activity_of(core, visitor, ActivityKind.NEEDS_ATTENTION)) == 2
    assert core.gateway.calls["refresh"] == 2


async def test_one_dead_token_does_not_take_what_the_provider_still_honours_with_it() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "gmail")
    await core.connect(ann, "sheets")
    await core.connect(bob, "sheets")
    core.clock.advance(ALMOST_EXPIRED)
    core.gateway.fail_next("refresh", ProviderRefused(reason="the oldest of too many"))

    with pytest.raises(ProviderRefused):
        await refresh(core, "gmail", ANN)

    assert link_of(core, "gmail", ANN).attention is Attention.GRANT_ENDED
    assert link_of(core, "sheets", ANN).attention is link_of(core, "sheets", BOB).attention is None
    assert core.gateway.calls["refresh"] == 3


async def test_a_service_that_has_left_the_catalogue_is_not_asked_about() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "gmail")
    await core.connect(visitor, "sheets")
    link = core.tables.connector_links.pop((link_of(core, "sheets").user_id, ConnectorKey("sheets")))
    core.tables.connector_links[link.user_id, ConnectorKey("gone")] = attrs.evolve(link, connector=ConnectorKey("gone"))

    await die(core, "gmail")

    assert core.gateway.calls["refresh"] == 1


async def test_a_link_that_was_mended_meanwhile_is_told_again_when_its_grant_dies_again() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "xero")
    await die(core, "xero")
    await core.connect(visitor, "xero")
    assert link_of(core).attention is None

    await die(core, "xero")

    assert link_of(core).attention is Attention.GRANT_ENDED
    assert len(await activity_of(core, visitor, ActivityKind.NEEDS_ATTENTION)) == 2


async def test_a_link_that_has_been_told_already_is_not_told_again_when_the_others_are() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "xero")
    await core.connect(bob, "xero")
    await die(core, "xero")
    await core.connect(bob, "xero")

    await die(core, "xero", BOB)

    assert len(await activity_of(core, ann, ActivityKind.NEEDS_ATTENTION)) == 1
    assert len(await activity_of(core, bob, ActivityKind.NEEDS_ATTENTION)) == 2


async def test_the_death_of_one_account_says_nothing_about_another_one_or_another_provider() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "xero")
    core.gateway.hand_out(ProviderAccount(subject="xero-subject-1", email=None))
    await core.connect(visitor, "notes")
    core.gateway.hand_out(attrs.evolve(XERO_OWNER, subject="bob's"))
    await core.connect(await core.sign_in(BOB), "xero")

    await die(core, "xero")

    assert link_of(core, "notes").attention is None
    assert link_of(core, email=BOB).attention is None


async def test_a_mended_link_does_not_bring_back_those_of_other_users() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "xero")
    await core.connect(bob, "xero")
    await die(core, "xero")

    await core.connect(ann, "xero")

    assert link_of(core, email=ANN).attention is None
    assert link_of(core, email=BOB).attention is Attention.GRANT_ENDED


async def test_a_wrong_account_that_another_user_uses_gets_the_newest_tokens_of_its_one_token_set() -> None:
    core = a_core()
    ann = await core.sign_in(ANN)
    await core.connect(ann, "xero")
    core.gateway.hand_out(BOBS_XERO)
    await core.connect(await core.sign_in(BOB), "xero")
    before, link = await tokens_of(core, email=BOB), link_of(core, email=BOB)
    core.gateway.hand_out(BOBS_XERO)

    assert await step_up(core, ann) is False

    assert link_of(core, email=BOB) == link
    assert (await tokens_of(core, email=BOB)).refresh != before.refresh
    assert grant_of(core, email=BOB).generation == 1
    assert not core.tables.revocations


async def test_an_organisation_that_came_with_a_wrong_account_is_removed_and_nothing_else() -> None:
    core = a_core()
    ann = await core.sign_in(ANN)
    await core.connect(ann, "xero")
    core.gateway.hand_out(BOBS_XERO)
    await core.connect(await core.sign_in(BOB), "xero")
    by_mistake = attrs.evolve(OTHER_LTD, id="organisation-3", connection_id="connection-3")
    core.gateway.hand_out(attrs.evolve(BOBS_XERO, organisation=by_mistake))

    await step_up(core, ann)

    (owed,) = core.tables.revocations.values()
    assert (owed.plan, owed.organisation) == (ForgetPlan.REMOVE_ORGANISATION, by_mistake)
    await core.uses.retry_revocations()()
    assert [removal.connection_id for removal in core.gateway.removed] == ["connection-3"]
    assert core.gateway.calls["revoke"] == 0


async def test_a_wrong_account_of_which_each_link_has_tokens_of_its_own_leaves_those_of_others_alone() -> None:
    core = a_core()
    ann = await core.sign_in(ANN)
    await core.connect(ann, "sheets")
    bobs = ProviderAccount(subject="bob's", email="bob@example.com")
    core.gateway.hand_out(bobs)
    await core.connect(await core.sign_in(BOB), "sheets")
    before = dict(core.tables.provider_grants)
    core.gateway.hand_out(bobs)

    assert await step_up(core, ann, connector="sheets") is False

    assert core.tables.provider_grants == before
    assert not core.tables.revocations


async def test_a_connection_made_while_its_account_was_being_revoked_says_that_it_has_ended() -> None:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    core = a_core(clock=clock, gateway=gateway)
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "sheets")

    gateway.meanwhile.then(lambda: core.connect(bob, "sheets"))
    await core.disconnect(ann, "sheets")

    assert link_of(core, "sheets", BOB).attention is Attention.GRANT_ENDED
