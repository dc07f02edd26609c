"""What a provider is told when a connection ends, and for how long it is tried."""

from datetime import timedelta

import pytest

from pip_hub.domain.connector import RevokeRadius
from pip_hub.domain.connector_link import ConnectorLink, Organisation
from pip_hub.domain.revocation import ForgetPlan, forget_plan
from tests.builders import NOW, a_link, a_revocation, an_account, an_organisation

MINUTE = timedelta(minutes=1)
ONE = an_organisation(id="one")


def using(*organisation_ids: str | None) -> list[ConnectorLink]:
    """Other links of the same account, each with its organisation or without one."""
    organisations = [an_organisation(id=each) if each is not None else None for each in organisation_ids]
    return [a_link(account=an_account(organisation=each)) for each in organisations]


@pytest.mark.parametrize("others", [[], using("two")])
def test_a_provider_without_a_way_to_revoke_is_not_asked(others: list[ConnectorLink]) -> None:
    assert forget_plan(None, others=others, organisation=ONE) is ForgetPlan.NOT_OFFERED


def test_tokens_that_stand_alone_are_revoked_whoever_else_has_some() -> None:
    assert forget_plan(RevokeRadius.TOKEN, others=using("one"), organisation=ONE) is ForgetPlan.REVOKE


@pytest.mark.parametrize("organisation", [ONE, None])
@pytest.mark.parametrize("radius", RevokeRadius)
def test_the_last_of_an_accounts_connections_revokes_everything(
    organisation: Organisation | None, radius: RevokeRadius
) -> None:
    assert forget_plan(radius, others=[], organisation=organisation) is ForgetPlan.REVOKE


def test_an_organisation_of_ones_own_is_removed_while_others_keep_theirs() -> None:
    plan = forget_plan(RevokeRadius.GRANT, others=using("two", None), organisation=ONE)

    assert plan is ForgetPlan.REMOVE_ORGANISATION


def test_an_organisation_that_somebody_else_uses_too_is_kept() -> None:
    assert forget_plan(RevokeRadius.GRANT, others=using("two", "one"), organisation=ONE) is ForgetPlan.KEEP


def test_an_organisation_is_told_by_its_id_and_not_by_a_handle_that_may_have_changed() -> None:
    others = [a_link(account=an_account(organisation=an_organisation(id="one", connection_id="made anew")))]

    assert forget_plan(RevokeRadius.GRANT, others=others, organisation=ONE) is ForgetPlan.KEEP


@pytest.mark.parametrize("others", [using(None), using("two")])
def test_without_an_organisation_of_ones_own_nothing_is_asked_while_others_share_the_grant(
    others: list[ConnectorLink],
) -> None:
    assert forget_plan(RevokeRadius.GRANT, others=others, organisation=None) is ForgetPlan.KEEP


def test_only_two_of_the_plans_ask_the_provider_something() -> None:
    asking = {plan for plan in ForgetPlan if plan.asks_something}

    assert asking == {ForgetPlan.REVOKE, ForgetPlan.REMOVE_ORGANISATION}


def test_each_failed_try_waits_twice_as_long_up_to_six_hours() -> None:
    owed, waited = a_revocation(), []
    for _ in range(11):
        owed = owed.postponed(NOW)
        waited.append((owed.next_try_at - NOW) // MINUTE)

    assert waited == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    assert owed.tries == 11


def test_a_provider_that_asks_for_patience_gets_it_and_one_in_a_hurry_is_not_asked_sooner() -> None:
    owed = a_revocation(tries=2)

    assert owed.postponed(NOW, 10 * MINUTE).next_try_at == NOW + 10 * MINUTE
    assert owed.postponed(NOW, MINUTE).next_try_at == NOW + 4 * MINUTE
    assert owed.postponed(NOW, timedelta(days=2)).next_try_at == NOW + timedelta(days=2)


def test_any_number_of_tries_can_be_followed_by_one_more() -> None:
    assert a_revocation(tries=10_000).postponed(NOW).next_try_at == NOW + timedelta(hours=6)


def test_a_revocation_is_hopeless_after_a_week() -> None:
    owed = a_revocation(created_at=NOW)

    assert not owed.is_hopeless(NOW + timedelta(days=7) - timedelta(microseconds=1))
    assert owed.is_hopeless(NOW + timedelta(days=7))
