"""The operator's choices."""

from datetime import timedelta

import pytest

from pip_hub.application.policy import Policy
from pip_hub.domain.identifiers import ConnectorKey


def test_a_connectors_callback_is_on_our_own_host_and_its_own() -> None:
    policy = Policy(issuer="https://hub.example/pip")

    assert policy.callback_url(ConnectorKey("xero")) == "https://hub.example/pip/integrations/xero/callback"


@pytest.mark.requirement("RFC 6749 4.1.2")
def test_a_code_lives_ten_minutes_at_most_unless_the_operator_insists() -> None:
    assert Policy(issuer="https://hub.example").code_lifetime == timedelta(minutes=10)


def test_the_lifetimes_are_the_ones_people_are_told() -> None:
    policy = Policy(issuer="https://hub.example")

    assert policy.flow_lifetime == timedelta(minutes=30)
    assert policy.attempt_lifetime == timedelta(minutes=10)
    assert policy.session_lifetime == timedelta(days=30)
    assert policy.access_token_lifetime == timedelta(minutes=60)
