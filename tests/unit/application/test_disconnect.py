"""Disconnecting: gone here at once, and what the provider is asked."""

from datetime import timedelta

import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.application.connectors.disconnect import DisconnectCommand, Disconnected
from pip_hub.domain.connector_link import Organisation, ProviderAccount
from pip_hub.domain.errors import (
    FlowNotOpen,
    NotSignedIn,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
    UnknownConnector,
)
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.notice import NoticeKind
from pip_hub.domain.revocation import ForgetOutcome, ForgetPlan
from pip_hub.domain.secret import Secret, digest_of
from tests.builders import NOW, an_organisation
from tests.support.core import ANN, BOB, Core, a_core
from tests.support.interruptions import Crash, InterruptedGateway, InterruptedStorage, all_at_once, crash

pytestmark = pytest.mark.anyio

OTHER_LTD = ProviderAccount(
    subject="xero-subject-1",
    email="owner@example.com",
    organisation=Organisation(id="organisation-2", name="Other Ltd", connection_id="connection-2"),
)


def revoked(core: Core) -> list[str]:
    """The access tokens whose grant the provider was asked to revoke."""
    return [tokens.access.token.reveal() for tokens in core.gateway.revoked]


def removed(core: Core) -> list[str]:
    """The organisations that the provider was asked to drop."""
    return [removal.connection_id for removal in core.gateway.removed]


async def test_disconnecting_drops_the_link_and_its_tokens_and_the_provider_revokes() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)

    gone = await core.disconnect(visitor)

    assert gone == Disconnected(flow_id=None, outcome=ForgetOutcome.REVOKED)
    assert not core.tables.connector_links
    assert not core.tables.provider_grants
    assert not core.tables.revocations
    assert revoked(core) == ["access-1"]


async def test_the_user_is_told_what_happened_at_the_provider() -> None:
    core = a_core()
    visitor = await core.sign_in()
    assert visitor.session is not None
    await core.connect(visitor, "xero")
    await core.notice(visitor)

    await core.disconnect(visitor, "xero")

    notice = await core.notice(visitor)
    assert (notice.session, notice.at) == (digest_of(visitor.session), NOW)
    assert (notice.kind, notice.connector) == (NoticeKind.DISCONNECTED, "xero")
    assert (notice.detail, notice.account) == (ForgetOutcome.REVOKED, "Demo Company (AU)")


async def test_a_provider_that_has_forgotten_already_says_so() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    core.gateway.revoked.append(await core.provider_tokens())

    assert (await core.disconnect(visitor)).outcome is ForgetOutcome.ALREADY_GONE

    assert not core.tables.revocations


async def test_disconnecting_twice_is_harmless() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    await core.disconnect(visitor)
    await core.see_hub(visitor)

    assert await core.disconnect(visitor) == Disconnected(flow_id=None, outcome=None)

    assert (await core.see_hub(visitor)).notices == ()
    assert len(core.gateway.revoked) == 1


async def test_of_many_clicks_at_once_one_disconnects() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    await core.see_hub(visitor)

    answers = await all_at_once(core.storage, *[lambda: core.disconnect(visitor)] * 5)

    outcomes = [answer.outcome for answer in answers if isinstance(answer, Disconnected)]
    assert sorted(outcomes, key=str) == [None] * 4 + [ForgetOutcome.REVOKED]
    assert len(core.gateway.revoked) == 1
    assert len((await core.see_hub(visitor)).notices) == 1


async def test_the_flow_only_says_where_to_go_back_to() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    flow_id = await core.start_flow(visitor)
    command = DisconnectCommand(visitor=visitor, connector="sheets", flow_id=flow_id)

    first, second = await core.uses.disconnect()(command), await core.uses.disconnect()(command)

    assert first == Disconnected(flow_id=flow_id, outcome=ForgetOutcome.REVOKED)
    assert second == Disconnected(flow_id=flow_id, outcome=None)
    await core.complete(visitor, flow_id)


async def test_what_cannot_be_disconnected_is_refused_and_everything_stays() -> None:
    core = a_core()
    ann = await core.sign_in(ANN)
    await core.connect(ann)
    spent = await core.start_flow(ann)
    await core.complete(ann, spent)
    before = core.tables.copied()
    disconnect = core.uses.disconnect()

    for flow_id in (FlowId("none"), spent):
        with pytest.raises(FlowNotOpen):
            await disconnect(DisconnectCommand(visitor=ann, connector="sheets", flow_id=flow_id))
    with pytest.raises(UnknownConnector) as unknown:
        await disconnect(DisconnectCommand(visitor=ann, connector="nothing", flow_id=FlowId("back")))
    with pytest.raises(NotSignedIn):
        await core.disconnect(core.a_browser())

    assert unknown.value.flow_id == "back"
    assert core.tables == before
    assert not core.gateway.revoked


async def test_nobody_disconnects_somebody_else() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann)

    assert (await core.disconnect(bob)).outcome is None

    assert core.tables.connector_links


async def test_what_shares_a_grant_is_kept_alive_until_the_last_of_it_goes() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "gmail")
    await core.connect(visitor, "sheets")

    assert (await core.disconnect(visitor, "gmail")).outcome is ForgetOutcome.KEPT
    assert not core.gateway.revoked
    assert not core.tables.revocations
    assert (await core.disconnect(visitor, "sheets")).outcome is ForgetOutcome.REVOKED
    assert revoked(core) == ["access-3"]


async def test_another_users_connection_to_the_same_account_is_kept_alive_too() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "sheets")
    await core.connect(bob, "gmail")

    assert (await core.disconnect(ann, "sheets")).outcome is ForgetOutcome.KEPT
    assert (await core.disconnect(bob, "gmail")).outcome is ForgetOutcome.REVOKED


async def test_another_account_of_the_same_provider_does_not_matter() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "sheets")
    core.gateway.hand_out(ProviderAccount(subject="somebody else", email=None))
    await core.connect(visitor, "gmail")

    assert (await core.disconnect(visitor, "sheets")).outcome is ForgetOutcome.REVOKED


async def test_the_same_subject_at_another_provider_does_not_matter() -> None:
    core = a_core()
    visitor = await core.sign_in()
    for connector in ("xero", "notes"):
        organisation = an_organisation() if connector == "xero" else None
        core.gateway.hand_out(ProviderAccount(subject="42", email=None, organisation=organisation))
        await core.connect(visitor, connector)

    assert (await core.disconnect(visitor, "xero")).outcome is ForgetOutcome.REVOKED


async def test_an_organisation_is_removed_alone_while_others_hang_on_the_same_account() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "xero")
    core.gateway.hand_out(OTHER_LTD)
    await core.connect(bob, "xero")

    assert (await core.disconnect(ann, "xero")).outcome is ForgetOutcome.REVOKED
    assert removed(core) == ["connection-1"]
    assert not core.gateway.revoked

    assert (await core.disconnect(bob, "xero")).outcome is ForgetOutcome.REVOKED
    assert removed(core) == ["connection-1"]
    assert revoked(core) == ["access-3"]
    assert not core.tables.revocations


async def test_an_organisation_that_two_users_share_is_kept() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "xero")
    await core.connect(bob, "xero")

    assert (await core.disconnect(ann, "xero")).outcome is ForgetOutcome.KEPT
    assert (removed(core), revoked(core)) == ([], [])


async def test_tokens_that_stand_alone_are_revoked_although_others_have_the_same_account() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "notes")
    await core.connect(bob, "notes")

    assert (await core.disconnect(ann, "notes")).outcome is ForgetOutcome.REVOKED
    assert revoked(core) == ["access-1"]


async def test_a_provider_that_cannot_revoke_is_not_asked_and_the_user_is_told() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "ledger")
    await core.notice(visitor)

    assert (await core.disconnect(visitor, "ledger")).outcome is ForgetOutcome.NOT_OFFERED

    assert not core.gateway.revoked
    assert not core.tables.revocations
    assert (await core.notice(visitor)).detail == ForgetOutcome.NOT_OFFERED


@pytest.mark.parametrize("kind", [ProviderUnreachable, ProviderMisconfigured, ProviderMisbehaved])
async def test_a_provider_that_does_not_answer_is_owed_a_revocation(kind: type[ProviderTrouble]) -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    await core.notice(visitor)
    core.gateway.fail_next("revoke", kind(reason="down"))

    assert (await core.disconnect(visitor)).outcome is ForgetOutcome.TRYING

    assert not core.tables.connector_links
    assert not core.tables.provider_grants
    (owed,) = core.tables.revocations.values()
    assert (owed.plan, owed.tries, owed.next_try_at) == (ForgetPlan.REVOKE, 1, NOW + timedelta(minutes=1))
    assert (await core.notice(visitor)).detail == ForgetOutcome.TRYING


async def test_a_provider_that_knows_the_tokens_for_dead_is_not_asked_again() -> None:
    core = a_core()
    ann, bob = await core.sign_in(ANN), await core.sign_in(BOB)
    await core.connect(ann, "xero")
    core.gateway.hand_out(OTHER_LTD)
    await core.connect(bob, "xero")
    core.gateway.fail_next("remove_organisation", ProviderRefused(reason="dead"))

    assert (await core.disconnect(ann, "xero")).outcome is ForgetOutcome.GIVEN_UP

    assert not core.tables.revocations


async def test_tokens_that_no_longer_open_are_given_up() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    with_other_keys = core.restarted(vault=MemoryVault())

    assert (await with_other_keys.disconnect(visitor)).outcome is ForgetOutcome.GIVEN_UP

    assert not core.tables.revocations
    assert not core.tables.connector_links


async def test_a_link_whose_tokens_are_missing_is_dropped_all_the_same() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor)
    core.tables.provider_grants.clear()

    assert (await core.disconnect(visitor)).outcome is ForgetOutcome.ALREADY_GONE

    assert not core.tables.connector_links
    assert not core.gateway.revoked


async def test_what_is_owed_is_written_down_before_the_provider_is_asked_with_a_head_start() -> None:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    core = a_core(clock=clock, gateway=gateway)
    visitor = await core.sign_in()
    await core.connect(visitor)
    gateway.meanwhile.then(crash)

    with pytest.raises(Crash):
        await core.disconnect(visitor)

    assert not core.tables.connector_links
    (owed,) = core.tables.revocations.values()
    assert (owed.tries, owed.created_at, owed.next_try_at) == (0, NOW, NOW + timedelta(minutes=2))


async def test_a_crash_before_the_commit_leaves_the_connection_as_it_was() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    visitor = await core.sign_in()
    await core.connect(visitor)
    storage.before_commit.then(crash)

    with pytest.raises(Crash):
        await core.disconnect(visitor)

    assert core.tables.connector_links
    assert core.tables.provider_grants
    assert not core.gateway.revoked
    assert (await core.disconnect(visitor)).outcome is ForgetOutcome.REVOKED


async def test_a_page_that_is_looked_at_never_brings_a_connection_back() -> None:
    core = a_core()
    visitor = await core.sign_in()
    state = await core.leave(visitor)
    await core.come_back(visitor, state)
    await core.disconnect(visitor)

    assert (await core.come_back(visitor, state, code=Secret("again"))).connected is None
    await core.see_hub(visitor)

    assert not core.tables.connector_links
