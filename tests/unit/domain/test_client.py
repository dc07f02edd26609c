"""MCP clients: where they may be answered, how they are recognised, and what people see of them."""

import pytest

from pip_hub.domain.client import MAX_NAME_LENGTH, Client, display_name, is_web_page
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.secret import Secret, digest_of
from tests.builders import a_client

HOME = RedirectUri("https://client.example/callback")
APP = RedirectUri("cursor://anysphere.cursor/callback")


def client_at(*redirect_uris: str) -> Client:
    return a_client(redirect_uris=tuple(RedirectUri(uri) for uri in redirect_uris))


@pytest.mark.requirement("RFC 9700 2.1")
def test_a_registered_redirect_uri_is_accepted_as_it_was_registered() -> None:
    client = client_at("https://client.example/a", "https://client.example/b")

    assert client.redirect_uri("https://client.example/b") == RedirectUri("https://client.example/b")


@pytest.mark.requirement("RFC 9700 2.1")
@pytest.mark.parametrize(
    "requested",
    [
        "https://client.example/a/",
        "https://client.example/a?x=1",
        "https://client.example/A",
        "https://client.example:443/a",
        "https://CLIENT.example/a",
        "https://evil.example/a",
        "http://client.example/a",
        "https://client.example",
        "",
    ],
)
def test_a_redirect_uri_that_differs_in_anything_is_not_the_clients(requested: str) -> None:
    assert client_at("https://client.example/a").redirect_uri(requested) is None


@pytest.mark.requirement("RFC 8252 7.3")
def test_the_answer_goes_to_the_port_a_native_client_asked_for() -> None:
    client = client_at("http://127.0.0.1/callback")

    assert client.redirect_uri("http://127.0.0.1:51004/callback") == RedirectUri("http://127.0.0.1:51004/callback")


@pytest.mark.parametrize("requested", ["javascript:alert(1)", "not a uri", "https://client.example/a#fragment"])
def test_what_may_not_be_a_redirect_uri_is_not_the_clients_and_no_failure(requested: str) -> None:
    assert client_at("https://client.example/a").redirect_uri(requested) is None


@pytest.mark.requirement("RFC 6749 3.1.2.3")
def test_a_redirect_uri_left_out_means_the_only_registered_one() -> None:
    assert client_at("https://client.example/a").redirect_uri(None) == RedirectUri("https://client.example/a")


@pytest.mark.requirement("RFC 6749 3.1.2.3")
def test_a_redirect_uri_left_out_means_nothing_when_several_are_registered() -> None:
    assert client_at("https://client.example/a", "https://client.example/b").redirect_uri(None) is None


def test_a_client_knows_its_own_secret_only() -> None:
    client = a_client(secret_digest=digest_of(Secret("right")))

    assert client.knows(Secret("right"))
    assert not client.knows(Secret("wrong"))


def test_a_public_client_knows_no_secret_at_all() -> None:
    assert not a_client(secret_digest=None).knows(Secret(""))


def test_a_name_is_shown_as_the_client_wrote_it() -> None:
    assert display_name("Claude Code", HOME) == "Claude Code"
    assert display_name("Café — 猫", HOME) == "Café — 猫"


@pytest.mark.parametrize(
    "disguised",
    [
        "Cla\u202eude",  # right-to-left override
        "Cla\u200bude",  # zero-width space
        "Cla\x00u\x1bde",  # controls
        "Cla\ue000ude",  # private use
        "Cla\ud800ude",  # half a surrogate pair, as JSON can carry
    ],
)
def test_characters_that_could_disguise_a_name_are_dropped(disguised: str) -> None:
    assert display_name(disguised, HOME) == "Claude"


def test_space_of_any_kind_becomes_one_plain_space() -> None:
    assert display_name("\u00a0 My\u2003\u2028 app ", HOME) == "My app"


def test_letters_written_in_two_parts_are_put_together() -> None:
    assert display_name("Cafe\u0301", HOME) == "Caf\u00e9"


def test_markup_in_a_name_is_kept_as_text() -> None:
    assert display_name("<b>Claude</b>", HOME) == "<b>Claude</b>"


@pytest.mark.parametrize("empty", [None, "", "   ", "\u200b\u202e"])
def test_a_client_without_a_visible_name_is_called_by_where_its_answers_go(empty: str | None) -> None:
    assert display_name(empty, HOME) == "client.example"
    assert display_name(empty, APP) == "cursor:"


def test_a_long_name_is_cut() -> None:
    assert display_name("x" * MAX_NAME_LENGTH, HOME) == "x" * MAX_NAME_LENGTH
    assert display_name("x" * (MAX_NAME_LENGTH + 1), HOME) == "x" * MAX_NAME_LENGTH
    assert display_name("x" * (MAX_NAME_LENGTH - 1) + " y", HOME) == "x" * (MAX_NAME_LENGTH - 1)


@pytest.mark.parametrize("uri", ["https://client.example", "https://client.example:8443/about?x=1#top"])
def test_an_https_page_may_stand_behind_a_link(uri: str) -> None:
    assert is_web_page(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "http://client.example/",
        "javascript:alert(1)",
        "data:text/html,hello",
        "//client.example/",
        "/relative",
        "https:///nowhere",
        "https://bank.example@evil.example/",
        "https://[::1",
        "https://client.example/a page",
        "https://client.example/\nLocation:",
        "https://client.example/\u202e",
        "https://clïent.example/",
        "https://client.example/\ud800",
        "",
    ],
)
def test_anything_else_may_not(uri: str) -> None:
    assert not is_web_page(uri)


def test_a_link_may_be_long_but_not_endless() -> None:
    prefix = "https://client.example/"

    assert is_web_page(prefix + "x" * (2048 - len(prefix)))
    assert not is_web_page(prefix + "x" * (2049 - len(prefix)))
