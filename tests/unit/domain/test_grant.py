"""Grants and the tokens that hang on them."""

from datetime import timedelta

import pytest

from pip_hub.domain.grant import refresh_expiry
from tests.builders import NOW, a_grant, a_refresh_token, an_access_token

DAY = timedelta(days=1)


def test_a_grant_is_live_until_it_is_revoked() -> None:
    assert a_grant(revoked_at=None).is_live
    assert not a_grant(revoked_at=NOW).is_live


def test_an_access_token_is_live_until_exactly_the_moment_it_expires() -> None:
    token = an_access_token(expires_at=NOW + timedelta(minutes=60))

    assert token.is_live(NOW + timedelta(minutes=60) - timedelta(microseconds=1))
    assert not token.is_live(NOW + timedelta(minutes=60))


def test_a_revoked_access_token_is_dead_before_its_time() -> None:
    assert not an_access_token(revoked_at=NOW).is_live(NOW)


def test_a_refresh_token_is_live_until_exactly_the_moment_it_expires() -> None:
    token = a_refresh_token(expires_at=NOW + 30 * DAY)

    assert token.is_live(NOW + 30 * DAY - timedelta(microseconds=1))
    assert not token.is_live(NOW + 30 * DAY)


@pytest.mark.requirement("RFC 9700 4.14.2")
def test_a_rotated_refresh_token_is_dead_before_its_time() -> None:
    assert not a_refresh_token(rotated_at=NOW).is_live(NOW)


def test_a_refresh_token_dies_when_it_is_not_used_for_a_while() -> None:
    grant = a_grant(created_at=NOW)

    assert refresh_expiry(grant, NOW + 5 * DAY, sliding=30 * DAY, absolute=365 * DAY) == NOW + 35 * DAY


def test_a_refresh_token_never_outlives_its_grant() -> None:
    grant = a_grant(created_at=NOW)

    assert refresh_expiry(grant, NOW + 360 * DAY, sliding=30 * DAY, absolute=365 * DAY) == NOW + 365 * DAY
