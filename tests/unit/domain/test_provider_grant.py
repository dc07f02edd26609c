"""Provider tokens: how they are packed, which row they live in, and how one generation follows the other."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, ProviderKey, UserId
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens, grant_context, grant_id_for
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Sealed, Secret
from tests.builders import NOW, a_provider_grant

XERO = ProviderKey("xero")
ANN, BOB = UserId("ann"), UserId("bob")


def access(token: str, expires_at: datetime = NOW) -> ProviderAccess:
    return ProviderAccess(token=Secret(token), expires_at=expires_at)


@pytest.mark.parametrize("refresh", [Secret("refresh"), None])
@pytest.mark.parametrize("narrow", [access("narrow", NOW + timedelta(minutes=1)), None])
def test_tokens_come_out_of_the_vault_as_they_went_in(refresh: Secret | None, narrow: ProviderAccess | None) -> None:
    tokens = ProviderTokens(
        access=access('quo"te\\ é'), narrow=narrow, refresh=refresh, granted=Scopes.of("openid", "mail.read")
    )

    assert ProviderTokens.unpack(tokens.packed()) == tokens


def test_the_time_a_token_expires_keeps_its_zone() -> None:
    there = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=11)))
    tokens = ProviderTokens(access=access("a", there), refresh=None, granted=Scopes())

    unpacked = ProviderTokens.unpack(tokens.packed()).access.expires_at
    assert unpacked == there
    assert unpacked.astimezone(UTC).hour == 13


def test_packed_tokens_are_a_secret() -> None:
    tokens = ProviderTokens(
        access=access("hush"), narrow=access("hush now"), refresh=Secret("hush too"), granted=Scopes()
    )

    assert "hush" not in repr(tokens.packed())
    assert "hush" not in repr(tokens)


def test_sealed_tokens_are_bound_to_their_own_row() -> None:
    grant = a_provider_grant(id=ProviderGrantId("one"))

    assert grant.vault_context == grant_context(ProviderGrantId("one"))
    assert grant.vault_context != grant_context(ProviderGrantId("two"))


def test_a_renewed_grant_is_the_next_generation_with_its_lease_given_back() -> None:
    leased = a_provider_grant(generation=4, lease_until=NOW + timedelta(seconds=40))
    later = NOW + timedelta(minutes=1)

    renewed = leased.renewed(Sealed("fresh"), later)

    assert renewed == a_provider_grant(generation=5, sealed_tokens=Sealed("fresh"), refreshed_at=later)


def test_the_same_account_always_comes_to_the_same_row() -> None:
    assert grant_id_for(XERO, "42", link_of=None) == grant_id_for(XERO, "42", link_of=None)
    link_of = (ANN, ConnectorKey("gmail"))
    assert grant_id_for(XERO, "42", link_of=link_of) == grant_id_for(XERO, "42", link_of=link_of)


def test_other_accounts_providers_users_and_connectors_come_to_other_rows() -> None:
    gmail, sheets = ConnectorKey("gmail"), ConnectorKey("sheets")
    ids = [
        grant_id_for(XERO, "42", link_of=None),
        grant_id_for(XERO, "43", link_of=None),
        grant_id_for(ProviderKey("google"), "42", link_of=None),
        grant_id_for(XERO, "42", link_of=(ANN, gmail)),
        grant_id_for(XERO, "42", link_of=(ANN, sheets)),
        grant_id_for(XERO, "42", link_of=(BOB, gmail)),
    ]

    assert len(set(ids)) == len(ids)


def test_a_subject_that_reads_like_several_parts_does_not_come_to_somebody_elses_row() -> None:
    gmail = ConnectorKey("gmail")

    assert grant_id_for(XERO, "42", link_of=(ANN, gmail)) != grant_id_for(XERO, "423:ann5:gmail", link_of=None)
    assert grant_id_for(XERO, "42an", link_of=(UserId("n"), gmail)) != grant_id_for(XERO, "42", link_of=(ANN, gmail))


def test_the_row_does_not_show_whose_account_it_is() -> None:
    assert "owner-subject" not in grant_id_for(XERO, "owner-subject", link_of=None)
