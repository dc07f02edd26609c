"""Organisations that come and go on the provider's side are noticed whenever tokens are renewed."""

import attrs
import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector_link import Attention, LinkStatus, Organisation
from pip_hub.domain.errors import (
    InteractionRequired,
    ProviderMisbehaved,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
)
from pip_hub.domain.release import Need
from tests.builders import NOW
from tests.support.connected import (
    ALMOST_EXPIRED,
    DEMO_COMPANY,
    OTHER_LTD,
    XERO_OWNER,
    activity_of,
    card_of,
    change_link,
    link_of,
    now_reaches,
    reaching_both,
    refresh,
    release,
)
from tests.support.core import ANN, BOB, Core, a_core
from tests.support.interruptions import InterruptedGateway

pytestmark = pytest.mark.anyio


async def connected(core: Core | None = None) -> Core:
    core = core or a_core()
    await core.connect(await core.sign_in(), "xero")
    return core


async def renew(core: Core) -> None:
    core.clock.advance(ALMOST_EXPIRED)
    await refresh(core)


async def test_an_organisation_that_was_removed_at_the_provider_needs_attention_after_the_next_renewal() -> None:
    core = await connected()
    visitor = await core.sign_in()
    now_reaches(core)
    core.clock.advance(ALMOST_EXPIRED)

    with pytest.raises(InteractionRequired) as refused:
        await release(core)

    assert refused.value.need is Need.NEEDS_ATTENTION
    card = await card_of(core, visitor)
    assert (card.status, card.attention) == (LinkStatus.NEEDS_ATTENTION, Attention.ORGANISATION_GONE)
    assert (card.account, card.organisations) == ("Demo Company (AU)", ())


async def test_the_user_hears_of_it_once() -> None:
    core = await connected()
    visitor = await core.sign_in()
    now_reaches(core, OTHER_LTD)

    await renew(core)
    await renew(core)
    now_reaches(core)
    await renew(core)

    (told,) = await activity_of(core, visitor, ActivityKind.NEEDS_ATTENTION)
    assert (told.detail, told.account, told.at) == (
        Attention.ORGANISATION_GONE,
        "Demo Company (AU)",
        NOW + ALMOST_EXPIRED,
    )


async def test_an_organisation_that_is_back_again_is_usable_again_without_the_user() -> None:
    core = await connected()
    now_reaches(core)
    await renew(core)
    now_reaches(core, DEMO_COMPANY)

    await renew(core)

    assert link_of(core).attention is None
    assert (await release(core)).organisation == DEMO_COMPANY


async def test_what_the_account_reaches_besides_is_kept_up_to_date_for_the_choice() -> None:
    core = await connected()
    now_reaches(core, DEMO_COMPANY, OTHER_LTD)

    await renew(core)

    assert link_of(core).organisations == (DEMO_COMPANY, OTHER_LTD)
    assert link_of(core).attention is None


async def test_a_new_name_and_a_new_handle_of_the_organisation_are_taken_over() -> None:
    core = await connected()
    renamed = Organisation(id=DEMO_COMPANY.id, name="Demo Company (NZ)", connection_id="connection-9")
    now_reaches(core, renamed)

    await renew(core)

    assert link_of(core).account.organisation == renamed
    visitor = await core.sign_in()
    core.gateway.hand_out(attrs.evolve(XERO_OWNER, organisation=OTHER_LTD))
    await core.connect(await core.sign_in(BOB), "xero")
    await core.disconnect(visitor, "xero")
    assert [removal.connection_id for removal in core.gateway.removed] == ["connection-9"]


async def test_every_link_on_the_account_is_looked_at_whoever_owns_it() -> None:
    core = await connected()
    core.gateway.hand_out(attrs.evolve(XERO_OWNER, organisation=OTHER_LTD))
    await core.connect(await core.sign_in(BOB), "xero")
    now_reaches(core, DEMO_COMPANY)

    await renew(core)

    assert link_of(core, email=ANN).attention is None
    assert link_of(core, email=BOB).attention is Attention.ORGANISATION_GONE


async def test_a_choice_that_is_still_to_be_made_stays_to_be_made() -> None:
    core = a_core()
    account, organisations = reaching_both()
    core.gateway.hand_out(account, organisations=organisations)
    await connected(core)
    now_reaches(core, DEMO_COMPANY)

    await renew(core)

    assert (link_of(core).attention, link_of(core).organisations) == (
        Attention.ORGANISATION_NOT_CHOSEN,
        (DEMO_COMPANY,),
    )


async def test_a_grant_that_has_ended_stays_ended_whatever_its_organisations_do() -> None:
    core = await connected()
    core.gateway.hand_out(attrs.evolve(XERO_OWNER, organisation=OTHER_LTD))
    await core.connect(await core.sign_in(BOB), "xero")
    change_link(core, email=ANN, attention=Attention.GRANT_ENDED)
    now_reaches(core, OTHER_LTD)

    core.clock.advance(ALMOST_EXPIRED)
    await refresh(core, email=BOB)

    assert link_of(core, email=ANN).attention is Attention.GRANT_ENDED


@pytest.mark.parametrize("kind", [ProviderUnreachable, ProviderRefused, ProviderMisbehaved])
async def test_a_list_that_cannot_be_had_changes_nothing_and_keeps_no_token_back(kind: type[ProviderTrouble]) -> None:
    core = await connected()
    before = link_of(core)
    core.gateway.fail_next("organisations", kind(reason="not now"))

    await renew(core)

    assert link_of(core) == before
    assert (await release(core)).organisation == DEMO_COMPANY


async def test_no_list_is_asked_for_where_there_are_no_organisations() -> None:
    core = a_core()
    await core.connect(await core.sign_in(), "sheets")
    core.clock.advance(ALMOST_EXPIRED)

    await refresh(core, "sheets")

    assert core.gateway.calls["organisations"] == 0


async def test_fresh_tokens_cause_no_listing() -> None:
    core = await connected()

    await refresh(core)

    assert core.gateway.calls["organisations"] == 0


@pytest.mark.parametrize("disconnects", [False, True])
async def test_a_list_from_before_a_new_authorization_does_not_undo_what_that_brought(*, disconnects: bool) -> None:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    core = await connected(a_core(clock=clock, gateway=gateway))
    visitor = await core.sign_in()
    core.clock.advance(ALMOST_EXPIRED)

    async def connect_another_organisation() -> None:
        if disconnects:
            await core.disconnect(visitor, "xero")
        gateway.hand_out(attrs.evolve(XERO_OWNER, organisation=OTHER_LTD))
        await core.connect(visitor, "xero")

    async def while_listing() -> None:
        gateway.after_answer.then(connect_another_organisation)

    gateway.after_answer.then(while_listing)
    await refresh(core)

    link = link_of(core)
    assert (link.account.organisation, link.attention) == (OTHER_LTD, None)
    assert OTHER_LTD in link.organisations
    assert link.connected_at == NOW + ALMOST_EXPIRED
