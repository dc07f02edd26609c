"""Sessions: how long they live, and when looking in keeps them alive."""

from datetime import timedelta

from pip_hub.domain.identifiers import UserId
from pip_hub.domain.session import Session
from tests.builders import NOW, a_digest

MONTH = timedelta(days=30)
INSTANT = timedelta(microseconds=1)


def begun() -> Session:
    return Session.begin(a_digest("cookie"), UserId("ann"), NOW, MONTH)


def test_a_session_begins_with_its_user_and_a_full_lifetime() -> None:
    session = begun()

    assert (session.digest, session.user_id) == (a_digest("cookie"), "ann")
    assert (session.created_at, session.seen_at, session.expires_at) == (NOW, NOW, NOW + MONTH)


def test_a_session_is_live_until_exactly_the_moment_it_expires() -> None:
    assert begun().is_live(NOW + MONTH - INSTANT)
    assert not begun().is_live(NOW + MONTH)


def test_a_session_is_worth_extending_once_a_thirtieth_of_its_lifetime_has_passed() -> None:
    assert not begun().is_worth_extending(NOW + timedelta(days=1) - INSTANT, MONTH)
    assert begun().is_worth_extending(NOW + timedelta(days=1), MONTH)


def test_seeing_a_session_gives_it_a_full_lifetime_again_and_changes_nothing_else() -> None:
    later = NOW + timedelta(days=3)
    session = begun().seen(later, MONTH)

    assert (session.seen_at, session.expires_at) == (later, later + MONTH)
    assert (session.digest, session.user_id, session.created_at) == (a_digest("cookie"), "ann", NOW)
