"""Scopes, read and written as RFC 6749 section 3.3 says."""

import pytest

from pip_hub.domain.scope import Scopes, all_scopes


@pytest.mark.requirement("RFC 6749 3.3")
def test_scopes_are_read_from_space_separated_text() -> None:
    assert Scopes.parse("mcp:read mcp:tools") == Scopes.of("mcp:tools", "mcp:read")


@pytest.mark.parametrize("text", ["", " ", "   "])
def test_no_text_is_no_scope(text: str) -> None:
    assert Scopes.parse(text) == Scopes()
    assert not Scopes.parse(text)


def test_repeated_scopes_and_superfluous_spaces_do_not_matter() -> None:
    assert Scopes.parse("  a  b a ") == Scopes.of("a", "b")


@pytest.mark.requirement("RFC 6749 3.3")
def test_scopes_are_case_sensitive() -> None:
    assert Scopes.parse("Read") != Scopes.parse("read")


@pytest.mark.requirement("RFC 6749 3.3")
@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\tb", "a\nb", "a\x7fb", "é", "ok \x00", "\u2028"])
def test_a_character_that_no_scope_may_have_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="RFC 6749"):
        Scopes.parse(text)


@pytest.mark.requirement("RFC 6749 3.3")
@pytest.mark.parametrize("token", ["!", "#", "[", "]", "~", "https://provider.example/auth?x=1#y"])
def test_every_character_a_scope_may_have_is_accepted(token: str) -> None:
    assert Scopes.parse(token) == Scopes.of(token)


def test_scopes_are_written_in_a_stable_order() -> None:
    assert Scopes.of("c", "a", "b").format() == "a b c"
    assert list(Scopes.of("c", "a", "b")) == ["a", "b", "c"]


def test_scopes_are_within_those_that_have_all_of_them() -> None:
    assert Scopes.of("a").is_within(Scopes.of("a", "b"))
    assert Scopes.of("a").is_within(Scopes.of("a"))
    assert Scopes().is_within(Scopes())
    assert not Scopes.of("a", "c").is_within(Scopes.of("a", "b"))


def test_scopes_combine_like_the_sets_they_are() -> None:
    left, right = Scopes.of("a", "b"), Scopes.of("b", "c")

    assert left | right == Scopes.of("a", "b", "c")
    assert left & right == Scopes.of("b")
    assert left - right == Scopes.of("a")
    assert "a" in left
    assert "c" not in left


def test_the_union_of_no_scopes_is_none_and_of_several_all() -> None:
    assert all_scopes([]) == Scopes()
    assert all_scopes([Scopes.of("a"), Scopes.of("b", "c")]) == Scopes.of("a", "b", "c")
