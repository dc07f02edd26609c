"""What the user is told about a disconnection: what the provider said, for as long as it has said nothing."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.connectors.disconnect import DisconnectCommand, Disconnected
from pip_hub.application.flows.view_hub import StillTelling
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.connector_link import ProviderAccount
from pip_hub.domain.errors import (
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
)
from pip_hub.domain.identifiers import ProviderGrantId
from pip_hub.domain.notice import NoticeKind
from pip_hub.domain.revocation import ForgetOutcome, ForgetPlan
from tests.builders import NOW, a_revocation
from tests.support.connected import (
    ALMOST_EXPIRED,
    OTHER_LTD,
    XERO_OWNER,
    activity_of,
    card_of,
    link_of,
    refresh,
    spec_of,
    tokens_of,
)
from tests.support.core import BOB, Core, a_core
from tests.support.interruptions import InterruptedGateway

pytestmark = pytest.mark.anyio

DOWN = ProviderUnreachable(reason="down")


async def disconnect_all(core: Core, visitor: Visitor, connector: str) -> Disconnected:
    command = DisconnectCommand(visitor=visitor, connector=connector, whole_account=True)
    return await core.uses.disconnect()(command)


async def retry(core: Core) -> None:
    await core.uses.retry_revocations()()


async def told(core: Core, visitor: Visitor) -> tuple[str | None, str | None]:
    """What the banner and the log say about the disconnecting."""
    (logged,) = await activity_of(core, visitor, ActivityKind.DISCONNECTED)
    return (await core.notice(visitor)).detail, logged.detail


async def connected(connector: str = "xero", core: Core | None = None) -> tuple[Core, Visitor]:
    core = core or a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, connector)
    await core.see_hub(visitor)
    return core, visitor


async def with_bob_at_another_organisation(core: Core | None = None) -> tuple[Core, Visitor]:
    """Ann's organisation can only be removed: Bob hangs on the same Xero account with another one."""
    core, visitor = await connected(core=core)
    core.gateway.hand_out(attrs.evolve(XERO_OWNER, organisation=OTHER_LTD))
    await core.connect(await core.sign_in(BOB), "xero")
    return core, visitor


# -- The outcomes -----------------------------------------------------------------------------------------------------


async def test_revoked_is_what_the_provider_confirmed() -> None:
    core, visitor = await connected()

    assert (await core.disconnect(visitor, "xero")).outcome is ForgetOutcome.REVOKED

    assert await told(core, visitor) == ("revoked", "revoked")
    assert core.gateway.calls["revoke"] == 1


async def test_already_gone_is_what_the_user_had_ended_at_the_provider() -> None:
    core, visitor = await connected()
    core.gateway.provider.end_account(link_of(core).provider, "xero-subject-1")

    assert (await core.disconnect(visitor, "xero")).outcome is ForgetOutcome.ALREADY_GONE

    assert await told(core, visitor) == ("already_gone", "already_gone")


async def test_still_trying_is_a_debt_that_the_user_sees_until_it_is_settled() -> None:
    core, visitor = await connected()
    core.gateway.fail_next("revoke", DOWN)

    assert (await core.disconnect(visitor, "xero")).outcome is ForgetOutcome.TRYING

    assert (await core.see_hub(visitor)).still_telling == (
        StillTelling(connector_name="Xero", provider_name="Xero", account="Demo Company (AU)", since=NOW),
    )
    assert [entry.detail for entry in await activity_of(core, visitor, ActivityKind.DISCONNECTED)] == ["trying"]
    core.wait(minutes=1)
    await retry(core)
    assert (await core.see_hub(visitor)).still_telling == ()
    (settled,) = await activity_of(core, visitor, ActivityKind.REVOCATION_SETTLED)
    assert (settled.detail, settled.account, settled.at) == ("revoked", "Demo Company (AU)", NOW + timedelta(minutes=1))


async def test_not_offered_is_a_provider_without_a_way_to_revoke() -> None:
    core, visitor = await connected("ledger")

    assert (await core.disconnect(visitor, "ledger")).outcome is ForgetOutcome.NOT_OFFERED

    assert await told(core, visitor) == ("not_offered", "not_offered")
    assert not core.tables.provider_grants


async def test_kept_is_what_others_still_need() -> None:
    core, visitor = await connected("gmail")
    await core.connect(visitor, "sheets")
    await core.see_hub(visitor)

    assert (await core.disconnect(visitor, "gmail")).outcome is ForgetOutcome.KEPT

    assert await told(core, visitor) == ("kept", "kept")
    assert core.gateway.provider.honours(await tokens_of(core, "sheets"))


async def test_given_up_is_told_after_a_week_of_silence() -> None:
    core, visitor = await connected()
    core.gateway.fail_next("revoke", DOWN)
    await core.disconnect(visitor, "xero")
    core.wait(days=7)

    await retry(core)

    (settled,) = await activity_of(core, visitor, ActivityKind.REVOCATION_SETTLED)
    assert settled.detail == ForgetOutcome.GIVEN_UP
    assert core.gateway.calls["revoke"] == 1
    assert (await core.see_hub(visitor)).still_telling == ()


async def test_nobody_sees_what_is_still_told_for_somebody_else() -> None:
    core, visitor = await connected()
    core.gateway.fail_next("revoke", DOWN)
    await core.disconnect(visitor, "xero")

    assert (await core.see_hub(await core.sign_in(BOB))).still_telling == ()


async def test_what_is_still_told_about_a_connector_that_is_gone_is_not_shown() -> None:
    core, visitor = await connected()
    core.gateway.fail_next("revoke", DOWN)
    await core.disconnect(visitor, "xero")

    assert (await core.restarted(catalogue=ConnectorCatalogue(())).see_hub(visitor)).still_telling == ()


async def test_what_the_user_connected_anew_meanwhile_is_no_longer_told() -> None:
    core, visitor = await connected()
    core.gateway.fail_next("revoke", DOWN)
    await core.disconnect(visitor, "xero")
    await core.connect(visitor, "xero")
    core.wait(minutes=1)

    await retry(core)

    assert core.gateway.provider.honours(await tokens_of(core))
    assert core.gateway.calls["revoke"] == 1
    assert (await core.see_hub(visitor)).still_telling == ()


# -- When it is tried again -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "wait"),
    [
        (ProviderUnreachable(reason="429", retry_after=timedelta(minutes=30)), timedelta(minutes=30)),
        (ProviderUnreachable(reason="429", retry_after=timedelta(seconds=5)), timedelta(minutes=1)),
        (ProviderUnreachable(reason="down"), timedelta(minutes=1)),
        (ProviderMisconfigured(reason="invalid_client"), timedelta(minutes=1)),
        (ProviderMisbehaved(reason="nonsense"), timedelta(minutes=1)),
    ],
)
async def test_it_is_tried_again_when_the_provider_allows_and_not_before_a_minute(
    trouble: ProviderTrouble, wait: timedelta
) -> None:
    core, visitor = await connected()
    core.gateway.fail_next("revoke", trouble)

    await core.disconnect(visitor, "xero")

    (owed,) = core.tables.revocations.values()
    assert (owed.tries, owed.next_try_at) == (1, NOW + wait)
    core.clock.advance(wait - timedelta(microseconds=1))
    await retry(core)
    assert core.gateway.calls["revoke"] == 1


async def test_what_somebody_else_settled_meanwhile_is_told_once() -> None:
    clock = FrozenClock(NOW)
    gateway = InterruptedGateway(clock)
    core, visitor = await connected(core=a_core(clock=clock, gateway=gateway))
    gateway.fail_next("revoke", DOWN)
    await core.disconnect(visitor, "xero")
    core.wait(minutes=1)

    (owed,) = core.tables.revocations.values()
    gateway.meanwhile.then(lambda: core.uses.tell_provider()(spec_of(core, "xero"), owed))
    await retry(core)

    assert gateway.calls["revoke"] == 3
    (settled,) = await activity_of(core, visitor, ActivityKind.REVOCATION_SETTLED)
    assert settled.detail == ForgetOutcome.REVOKED


# -- Removing one organisation ----------------------------------------------------------------------------------------


async def test_an_organisation_is_removed_with_the_tokens_of_the_others_renewed_where_they_have_to_be() -> None:
    core, visitor = await with_bob_at_another_organisation()
    core.clock.advance(ALMOST_EXPIRED)

    assert (await core.disconnect(visitor, "xero")).outcome is ForgetOutcome.REVOKED

    assert core.gateway.calls["refresh"] == 1
    (removal,) = core.gateway.removed
    assert removal.access == (await tokens_of(core, email=BOB)).access
    assert removal.connection_id == "connection-1"


async def test_an_organisation_of_a_grant_that_is_over_has_gone_with_it() -> None:
    core, visitor = await with_bob_at_another_organisation()
    core.clock.advance(ALMOST_EXPIRED)
    core.gateway.fail_next("refresh", ProviderRefused(reason="dead"))

    assert (await core.disconnect(visitor, "xero")).outcome is ForgetOutcome.ALREADY_GONE

    assert not core.gateway.removed
    assert not core.tables.revocations


async def test_an_organisation_that_was_removed_before_is_already_gone() -> None:
    core, visitor = await with_bob_at_another_organisation()
    core.gateway.provider.authorize(core.gateway.provider.opened_by((await tokens_of(core)).access), None, (OTHER_LTD,))

    assert (await core.disconnect(visitor, "xero")).outcome is ForgetOutcome.ALREADY_GONE


async def test_tokens_that_cannot_be_renewed_now_put_the_removing_off() -> None:
    core, visitor = await with_bob_at_another_organisation()
    core.clock.advance(ALMOST_EXPIRED)
    core.gateway.fail_next("refresh", ProviderUnreachable(reason="429", retry_after=timedelta(hours=1)))

    assert (await core.disconnect(visitor, "xero")).outcome is ForgetOutcome.TRYING

    (owed,) = core.tables.revocations.values()
    assert (owed.plan, owed.sealed_tokens) == (ForgetPlan.REMOVE_ORGANISATION, None)
    assert owed.next_try_at == core.clock.now() + timedelta(hours=1)
    core.wait(hours=1)
    await retry(core)
    assert [removal.connection_id for removal in core.gateway.removed] == ["connection-1"]


async def test_a_removal_whose_grant_is_gone_has_nothing_left_to_remove() -> None:
    core = a_core()
    owed = a_revocation(plan=ForgetPlan.REMOVE_ORGANISATION, grant_id=ProviderGrantId("gone"), sealed_tokens=None)

    assert await core.uses.tell_provider()(spec_of(core, "xero"), owed) is ForgetOutcome.ALREADY_GONE


async def test_a_removal_that_names_no_organisation_asks_nothing() -> None:
    core = a_core()
    owed = a_revocation(plan=ForgetPlan.REMOVE_ORGANISATION, organisation=None)

    assert await core.uses.tell_provider()(spec_of(core, "xero"), owed) is ForgetOutcome.KEPT

    assert sum(core.gateway.calls.values()) == 0


# -- Everything of one account ----------------------------------------------------------------------------------------


async def test_disconnecting_all_services_of_an_account_ends_it_at_the_provider() -> None:
    core, visitor = await connected("gmail")
    await core.connect(visitor, "sheets")
    await core.see_hub(visitor)

    assert (await disconnect_all(core, visitor, "gmail")).outcome is ForgetOutcome.REVOKED

    assert not core.tables.connector_links
    assert not core.tables.provider_grants
    assert not core.tables.revocations
    notices = (await core.see_hub(visitor)).notices
    assert [(notice.kind, notice.connector, notice.detail) for notice in notices] == [
        (NoticeKind.DISCONNECTED, "gmail", "revoked"),
        (NoticeKind.DISCONNECTED, "sheets", "already_gone"),
    ]


async def test_disconnecting_one_service_leaves_the_others_of_the_account_working() -> None:
    core, visitor = await connected("gmail")
    await core.connect(visitor, "sheets")

    await core.disconnect(visitor, "gmail")

    assert (await card_of(core, visitor, "sheets")).is_connected
    core.clock.advance(ALMOST_EXPIRED)
    await refresh(core, "sheets")
    assert link_of(core, "sheets").attention is None


async def test_disconnecting_all_services_leaves_other_accounts_and_other_providers_alone() -> None:
    core, visitor = await connected("gmail")
    core.gateway.hand_out(ProviderAccount(subject="another", email=None))
    await core.connect(visitor, "sheets")
    await core.connect(visitor, "xero")

    await disconnect_all(core, visitor, "gmail")

    assert {link.connector for link in core.tables.connector_links.values()} == {"sheets", "xero"}


async def test_disconnecting_all_services_never_touches_those_of_another_user() -> None:
    core, visitor = await connected("gmail")
    await core.connect(visitor, "sheets")
    await core.connect(await core.sign_in(BOB), "sheets")
    bobs = link_of(core, "sheets", BOB), await tokens_of(core, "sheets", BOB)

    assert (await disconnect_all(core, visitor, "sheets")).outcome is ForgetOutcome.KEPT

    assert (link_of(core, "sheets", BOB), await tokens_of(core, "sheets", BOB)) == bobs
    assert len(core.tables.connector_links) == len(core.tables.provider_grants) == 1
    assert core.gateway.provider.honours(bobs[1])


async def test_disconnecting_all_services_when_there_is_only_one_is_disconnecting_it() -> None:
    core, visitor = await connected("xero")

    assert (await disconnect_all(core, visitor, "xero")).outcome is ForgetOutcome.REVOKED
    assert (await disconnect_all(core, visitor, "xero")).outcome is None


async def test_what_a_new_connection_has_overtaken_is_settled_as_kept_in_the_log() -> None:
    core, visitor = await connected()
    core.gateway.fail_next("revoke", DOWN)
    await core.disconnect(visitor, "xero")
    await core.connect(visitor, "xero")
    core.wait(minutes=1)

    await retry(core)

    (settled,) = await activity_of(core, visitor, ActivityKind.REVOCATION_SETTLED)
    assert settled.detail == ForgetOutcome.KEPT
    assert not core.gateway.revoked
