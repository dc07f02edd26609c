"""Provider tokens, and what becomes of them when a connection ends."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pip_hub.domain.connector import RevokeRadius
from pip_hub.domain.identifiers import ProviderGrantId
from pip_hub.domain.provider_grant import (
    ForgetPlan,
    ProviderTokens,
    Revocation,
    forget_plan,
    grant_context,
)
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.builders import NOW, a_link, a_provider_grant, a_revocation, an_account, an_organisation

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("refresh", [Secret("refresh"), None])
def test_tokens_come_out_of_the_vault_as_they_went_in(refresh: Secret | None) -> None:
    tokens = ProviderTokens(
        access=Secret('quo"te\\ é'), refresh=refresh, expires_at=NOW, granted=Scopes.of("openid", "mail.read")
    )

    assert ProviderTokens.unpack(tokens.packed()) == tokens


def test_the_time_a_token_expires_keeps_its_zone() -> None:
    there = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=11)))
    tokens = ProviderTokens(access=Secret("a"), refresh=None, expires_at=there, granted=Scopes())

    unpacked = ProviderTokens.unpack(tokens.packed()).expires_at
    assert unpacked == there
    assert unpacked.astimezone(UTC).hour == 13


def test_packed_tokens_are_a_secret() -> None:
    tokens = ProviderTokens(access=Secret("hush"), refresh=Secret("hush too"), expires_at=NOW, granted=Scopes())

    assert "hush" not in repr(tokens.packed())
    assert "hush" not in repr(tokens)


def test_sealed_tokens_are_bound_to_their_own_row() -> None:
    grant = a_provider_grant(id=ProviderGrantId("one"))

    assert grant.vault_context == grant_context(ProviderGrantId("one"))
    assert grant.vault_context != grant_context(ProviderGrantId("two"))


def test_a_provider_without_a_way_to_revoke_is_not_asked() -> None:
    assert forget_plan(None, others=[], organisation_id=None) is ForgetPlan.NOT_OFFERED
    assert forget_plan(None, others=[a_provider_grant()], organisation_id="org") is ForgetPlan.NOT_OFFERED


def test_tokens_that_stand_alone_are_revoked_whoever_else_has_some() -> None:
    others = [a_provider_grant(organisation_id="org")]

    assert forget_plan(RevokeRadius.TOKEN, others=others, organisation_id="org") is ForgetPlan.REVOKE


@pytest.mark.parametrize("organisation", ["org", None])
def test_the_last_of_an_accounts_connections_revokes_everything(organisation: str | None) -> None:
    assert forget_plan(RevokeRadius.GRANT, others=[], organisation_id=organisation) is ForgetPlan.REVOKE


def test_an_organisation_of_ones_own_is_removed_while_others_keep_theirs() -> None:
    others = [a_provider_grant(organisation_id="two"), a_provider_grant(organisation_id=None)]

    plan = forget_plan(RevokeRadius.GRANT, others=others, organisation_id="one")
    assert plan is ForgetPlan.REMOVE_ORGANISATION


def test_an_organisation_that_somebody_else_uses_too_is_kept() -> None:
    others = [a_provider_grant(organisation_id="two"), a_provider_grant(organisation_id="one")]

    assert forget_plan(RevokeRadius.GRANT, others=others, organisation_id="one") is ForgetPlan.KEEP


def test_without_organisations_nothing_is_asked_while_others_share_the_grant() -> None:
    others = [a_provider_grant(organisation_id=None)]

    assert forget_plan(RevokeRadius.GRANT, others=others, organisation_id=None) is ForgetPlan.KEEP


def test_only_two_of_the_plans_ask_the_provider_something() -> None:
    asking = {plan for plan in ForgetPlan if plan.asks_something}

    assert asking == {ForgetPlan.REVOKE, ForgetPlan.REMOVE_ORGANISATION}


def test_what_is_owed_carries_all_that_the_provider_must_be_told() -> None:
    organisation = an_organisation(id="org", connection_id="connection")
    grant = a_provider_grant(organisation_id="org")
    link = a_link(account=an_account(organisation=organisation))

    owed = Revocation.of(grant, link, ForgetPlan.REVOKE, NOW, NOW + MINUTE)

    assert owed == a_revocation(
        grant_id=grant.id,
        sealed_tokens=grant.sealed_tokens,
        organisation_id="org",
        connection_id="connection",
        created_at=NOW,
        next_try_at=NOW + MINUTE,
    )


def test_what_is_owed_without_an_organisation_names_none() -> None:
    grant = a_provider_grant(organisation_id=None)

    owed = Revocation.of(grant, a_link(account=an_account(organisation=None)), ForgetPlan.REVOKE, NOW, NOW)

    assert (owed.organisation_id, owed.connection_id) == (None, None)


def test_each_failed_try_waits_twice_as_long_up_to_six_hours() -> None:
    owed, waited = a_revocation(), []
    for _ in range(11):
        owed = owed.postponed(NOW)
        waited.append((owed.next_try_at - NOW) // MINUTE)

    assert waited == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    assert owed.tries == 11


def test_any_number_of_tries_can_be_followed_by_one_more() -> None:
    assert a_revocation(tries=10_000).postponed(NOW).next_try_at == NOW + timedelta(hours=6)


def test_a_revocation_is_hopeless_after_a_week() -> None:
    owed = a_revocation(created_at=NOW)

    assert not owed.is_hopeless(NOW + timedelta(days=7) - timedelta(microseconds=1))
    assert owed.is_hopeless(NOW + timedelta(days=7))
