"""Authorization codes: live once, and not for long."""

from datetime import timedelta

import pytest

from pip_hub.domain.authorization_code import code_context
from tests.builders import NOW, a_code, a_digest


@pytest.mark.requirement("RFC 6749 4.1.2")
def test_a_code_is_live_until_exactly_the_moment_it_expires() -> None:
    code = a_code(expires_at=NOW + timedelta(minutes=10))

    assert code.is_live(NOW)
    assert code.is_live(NOW + timedelta(minutes=10) - timedelta(microseconds=1))
    assert not code.is_live(NOW + timedelta(minutes=10))


@pytest.mark.requirement("RFC 6749 4.1.2")
def test_a_redeemed_code_is_dead_before_its_time() -> None:
    assert not a_code(redeemed_at=NOW).is_live(NOW)


def test_a_sealed_code_is_bound_to_its_own_row() -> None:
    code, other = a_code(digest=a_digest("one code")), a_code(digest=a_digest("another code"))

    assert code.vault_context == code_context(code.digest)
    assert code.vault_context != other.vault_context
    assert code.digest.value in code.vault_context
