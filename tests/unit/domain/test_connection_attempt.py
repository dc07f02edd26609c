"""Trips to a provider: open for a while, and bound to who left."""

from datetime import timedelta

import pytest

from pip_hub.domain.identifiers import ConnectorKey, UserId
from pip_hub.domain.secret import Digest
from tests.builders import NOW, a_digest, a_link, an_attempt


def test_an_attempt_is_open_until_exactly_the_moment_it_expires() -> None:
    attempt = an_attempt(expires_at=NOW + timedelta(minutes=10))

    assert attempt.is_open(NOW + timedelta(minutes=10) - timedelta(microseconds=1))
    assert not attempt.is_open(NOW + timedelta(minutes=10))


def test_an_attempt_that_was_taken_is_not_open_any_more() -> None:
    assert not an_attempt(taken_at=NOW).is_open(NOW)


def test_an_attempt_belongs_to_the_user_and_session_that_left_and_to_the_connector_they_left_for() -> None:
    attempt = an_attempt(user_id=UserId("ann"), session=a_digest("here"), connector=ConnectorKey("xero"))

    assert attempt.belongs_to(UserId("ann"), a_digest("here"), ConnectorKey("xero"))


@pytest.mark.requirement("RFC 6749 10.12")
@pytest.mark.parametrize(
    ("user", "session", "connector"),
    [("bob", "here", "xero"), ("ann", "elsewhere", "xero"), ("ann", "here", "gmail")],
    ids=["another user", "another session", "another connector's callback"],
)
def test_an_attempt_belongs_to_nobody_else(user: str, session: str, connector: str) -> None:
    attempt = an_attempt(user_id=UserId("ann"), session=a_digest("here"), connector=ConnectorKey("xero"))
    presented: Digest = a_digest(session)

    assert not attempt.belongs_to(UserId(user), presented, ConnectorKey(connector))


def test_an_answer_was_interrupted_when_nothing_came_of_it_for_exactly_as_long_as_an_exchange_may_take() -> None:
    attempt = an_attempt(taken_at=NOW)

    assert not attempt.was_interrupted(NOW + timedelta(seconds=30) - timedelta(microseconds=1), None)
    assert attempt.was_interrupted(NOW + timedelta(seconds=30), None)


def test_an_answer_that_nobody_took_was_not_interrupted() -> None:
    assert not an_attempt(taken_at=None).was_interrupted(NOW + timedelta(days=1), None)


def test_a_connection_made_since_came_of_the_answer_and_an_older_one_did_not() -> None:
    attempt, later = an_attempt(taken_at=NOW), NOW + timedelta(minutes=1)

    assert not attempt.was_interrupted(later, a_link(connected_at=NOW))
    assert not attempt.was_interrupted(later, a_link(connected_at=NOW + timedelta(seconds=1)))
    assert attempt.was_interrupted(later, a_link(connected_at=NOW - timedelta(microseconds=1)))
