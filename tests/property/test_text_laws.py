"""Laws of scopes, email addresses, names and PKCE, for whatever text is sent."""

from __future__ import annotations

import contextlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pip_hub.domain.client import MAX_NAME_LENGTH, display_name
from pip_hub.domain.permission import ScopeRules
from pip_hub.domain.pkce import CodeChallenge, challenge_of
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.scope import OFFLINE_ACCESS, Scopes
from pip_hub.domain.user import Email
from tests.builders import a_resource

anything = st.text(st.characters(exclude_categories=()), max_size=60)
accented = st.text("aJjİiIKÅé\u030c\u0301\u0307\u0323\u212a\u1e9e", max_size=12)
"""Letters and accents that are put together, taken apart or doubled by Unicode's rules."""
tokens = st.sampled_from(["openid", "mcp:read", "mcp:tools", "a", "b", "c", OFFLINE_ACCESS])
scopes = st.frozensets(tokens).map(Scopes)
some_scopes = st.frozensets(tokens, min_size=1).map(Scopes)


@pytest.mark.requirement("RFC 6749 3.3")
@given(scopes)
def test_scopes_are_read_as_they_were_written(written: Scopes) -> None:
    assert Scopes.parse(written.format()) == written


@pytest.mark.requirement("RFC 6749 3.3")
@given(st.lists(tokens), st.randoms())
def test_the_order_of_scopes_and_how_often_they_are_named_mean_nothing(
    named: list[str],
    random: object,
) -> None:
    shuffled = sorted(named + named, key=lambda _: getattr(random, "random")())  # noqa: B009 - Hypothesis gives no type

    assert Scopes.parse(" ".join(shuffled)) == Scopes.parse(" ".join(named))


@given(anything)
def test_any_text_is_scopes_that_can_be_written_again_or_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert Scopes.parse(Scopes.parse(text).format()) == Scopes.parse(text)


@given(scopes, scopes)
def test_scopes_are_within_others_exactly_when_nothing_of_them_is_left_over(left: Scopes, right: Scopes) -> None:
    assert left.is_within(right) == (not left - right)
    assert (left & right).is_within(left)
    assert left.is_within(left | right)
    assert (left - right) | (left & right) == left


@pytest.mark.requirement("RFC 6749 3.3")
@given(some_scopes, scopes)
def test_nothing_is_ever_granted_that_the_resource_does_not_offer_or_that_was_not_asked(
    offered: Scopes, asked: Scopes
) -> None:
    granted = a_resource(scopes=offered).scopes_for(asked)

    if granted is None:
        assert not asked & offered - Scopes.of(OFFLINE_ACCESS)
    else:
        assert granted
        assert granted.is_within(offered)
        assert granted.is_within(asked) or not asked - Scopes.of(OFFLINE_ACCESS)


@given(st.dictionaries(tokens, scopes), scopes, scopes)
def test_what_a_grant_amounts_to_is_all_of_it_grows_with_it_and_is_complete(
    implies: dict[str, Scopes], granted: Scopes, more: Scopes
) -> None:
    rules = ScopeRules(identity=Scopes(), levels={}, implies=implies)
    effective = rules.effective(granted)

    assert granted.is_within(effective)
    assert effective.is_within(rules.effective(granted | more))
    assert rules.effective(effective) == effective


@pytest.mark.requirement("RFC 7636 4.6")
@given(st.from_regex(r"[A-Za-z0-9._~-]{43,128}", fullmatch=True), anything)
def test_a_challenge_accepts_its_own_verifier_and_no_other_text(verifier: str, other: str) -> None:
    challenge = CodeChallenge(challenge_of(verifier))

    assert challenge.accepts(verifier)
    assert challenge.accepts(other) == (other == verifier)


addresses = st.builds(lambda local, domain: f"{local}@{domain}.example", accented | anything, accented)


@given(anything | addresses)
def test_any_text_is_an_address_with_a_stable_spelling_or_a_value_error(text: str) -> None:
    try:
        email = Email.parse(text)
    except ValueError:
        return
    assert Email.parse(email.value) == email
    assert Email.parse(f"  {text}\n") == email
    assert email.value == unicodedata.normalize("NFC", email.value)
    assert email.value.isprintable()
    assert email.value.count("@") == 1


@given(st.from_regex(r"[a-zA-Z0-9.]{1,10}@[a-zA-Z0-9]{1,10}\.example", fullmatch=True).filter(lambda s: ".." not in s))
def test_upper_and_lower_case_are_the_same_address(typed: str) -> None:
    assert Email.parse(typed.upper()) == Email.parse(typed.lower()) == Email.parse(typed)


@given(anything | st.text("x \u200b", min_size=90, max_size=120) | st.none())
def test_any_name_is_shown_as_one_short_visible_line(text: str | None) -> None:
    name = display_name(text, RedirectUri("https://client.example/cb"))

    assert name
    assert len(name) <= MAX_NAME_LENGTH
    assert name == name.strip()
    assert all(character == " " or unicodedata.category(character)[0] not in "CZ" for character in name)
