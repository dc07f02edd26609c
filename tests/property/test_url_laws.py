"""Laws of redirect URIs, their answers, and resource indicators, for whatever text is sent."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pip_hub.domain.client import is_web_page
from pip_hub.domain.mcp_flow import answer_url
from pip_hub.domain.redirect_uri import LOOPBACK_HOSTS, RedirectUri
from pip_hub.domain.resource import canonical_resource
from tests.builders import a_client

UNRESERVED = "abcxyzABCXYZ0189-._~"
words = st.text(UNRESERVED, min_size=1, max_size=8)
paths = st.lists(words, max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts))
queries = st.none() | st.lists(st.tuples(words, words), max_size=3).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)
loopback_hosts = st.sampled_from(["127.0.0.1", "[::1]", "localhost"])
ports = st.none() | st.integers(1, 65535)


def _uri(origin: str, port: int | None, path: str, query: str | None) -> str:
    return origin + (f":{port}" if port else "") + path + (f"?{query}" if query is not None else "")


loopback_uris = st.builds(_uri, loopback_hosts.map(lambda host: f"http://{host}"), ports, paths, queries)
https_uris = st.builds(_uri, st.sampled_from(["https://client.example", "https://a.b.example"]), ports, paths, queries)
app_uris = st.builds(
    _uri, st.sampled_from(["cursor://cb", "com.example.app:", "app://", "vscode:///x"]), st.none(), paths, queries
).filter(lambda uri: urlsplit(uri).netloc or urlsplit(uri).path)
redirect_uris = loopback_uris | https_uris | app_uris
anything = st.text(st.characters(exclude_categories=()), max_size=60)
nearly_uris = st.builds(
    lambda scheme, rest: scheme + rest,
    st.sampled_from(["https://", "http://", "http://localhost", "javascript:", "Data:", "cursor://", "//", ""]),
    st.text(st.characters(exclude_categories=()) | st.sampled_from("@:/?#[]\\%\t\n"), max_size=30),
)


@pytest.mark.requirement("RFC 9700 4.1")
@given(anything | nearly_uris)
def test_any_text_either_is_no_redirect_uri_or_is_one_that_is_safe_to_send_a_browser_to(text: str) -> None:
    try:
        uri = RedirectUri(text)
    except ValueError:
        return
    parts = urlsplit(text)
    assert uri.value == text
    assert text.isascii()
    assert text.isprintable()
    assert not set(' "<>\\^`{|}#') & set(text)
    assert parts.scheme not in {"javascript", "data", "vbscript", "file", "blob"}
    assert "@" not in parts.netloc
    if parts.scheme == "http":
        assert parts.hostname in LOOPBACK_HOSTS
    if parts.scheme == "https":
        assert parts.hostname


@given(redirect_uris, st.dictionaries(words, st.text(max_size=10), min_size=1, max_size=3))
def test_an_answer_is_the_registered_uri_its_own_query_and_the_parameters_in_this_order(
    text: str, parameters: dict[str, str]
) -> None:
    answer = RedirectUri(text).with_answer(parameters)

    assert answer.startswith(text)
    own = parse_qsl(urlsplit(text).query, keep_blank_values=True)
    assert parse_qsl(urlsplit(answer).query, keep_blank_values=True) == own + list(parameters.items())
    assert urlsplit(answer)[:3] == urlsplit(text)[:3]
    assert "#" not in answer
    RedirectUri(answer)


@pytest.mark.requirement("RFC 6749 4.1.2")
@given(redirect_uris, st.text(), st.text(min_size=1))
def test_a_client_reads_state_and_code_exactly_as_they_were(text: str, state: str, code: str) -> None:
    answer = answer_url(RedirectUri(text), state, "https://hub.example", code=code)

    sent = parse_qsl(urlsplit(answer).query, keep_blank_values=True)[-3:]
    assert sent == [("code", code), ("state", state), ("iss", "https://hub.example")]


@given(redirect_uris, redirect_uris)
def test_matching_is_reflexive_and_symmetric(one: str, other: str) -> None:
    left, right = RedirectUri(one), RedirectUri(other)

    assert left.matches(left)
    assert left.matches(right) == right.matches(left)


@pytest.mark.requirement("RFC 8252 7.3")
@given(loopback_hosts, ports, ports, paths, queries)
def test_a_loopback_uri_matches_itself_at_any_port(
    host: str, registered: int | None, asked: int | None, path: str, query: str | None
) -> None:
    known = RedirectUri(_uri(f"http://{host}", registered, path, query))

    assert known.matches(RedirectUri(_uri(f"http://{host}", asked, path, query)))


@pytest.mark.requirement("RFC 9700 2.1")
@given(https_uris | app_uris, https_uris | app_uris)
def test_off_the_users_machine_only_the_same_text_matches(one: str, other: str) -> None:
    assert RedirectUri(one).matches(RedirectUri(other)) == (one == other)


@pytest.mark.requirement("RFC 9700 2.1")
@given(st.lists(redirect_uris, min_size=1, max_size=4), anything | nearly_uris | redirect_uris)
def test_a_client_is_only_ever_answered_where_it_registered_apart_from_a_loopback_port(
    registered: list[str], asked: str
) -> None:
    client = a_client(redirect_uris=tuple(RedirectUri(uri) for uri in registered))

    found = client.redirect_uri(asked)

    if found is None:
        assert asked not in registered
    else:
        assert found.value == asked
        assert asked in registered or found.is_loopback


hosts = st.sampled_from(["mcp.example", "MCP.Example", "localhost", "[::1]"])
resources = st.builds(
    _uri,
    st.builds(lambda scheme, host: f"{scheme}://{host}", st.sampled_from(["https", "HTTP", "http"]), hosts),
    ports,
    paths | st.just("/"),
    queries,
)


def _shouted(uri: str) -> str:
    parts = urlsplit(uri)
    return parts._replace(scheme=parts.scheme.upper(), netloc=parts.netloc.upper()).geturl()


@pytest.mark.requirement("RFC 8707 2")
@given(resources)
def test_the_one_spelling_of_a_resource_is_its_own_spelling(text: str) -> None:
    canonical = canonical_resource(text)

    assert canonical_resource(canonical) == canonical
    assert canonical_resource(_shouted(text)) == canonical


@pytest.mark.requirement("RFC 8707 2")
@given(anything | nearly_uris | resources)
def test_any_text_is_a_resource_with_a_stable_spelling_or_a_value_error(text: str) -> None:
    try:
        canonical = canonical_resource(text)
    except ValueError:
        return
    assert canonical_resource(canonical) == canonical
    assert urlsplit(canonical).scheme in {"http", "https"}
    assert "#" not in canonical
    assert canonical.isascii()


@given(resources, words)
def test_resources_with_different_paths_are_different(text: str, word: str) -> None:
    assume(urlsplit(text).query == "" and not text.endswith("?"))

    assert canonical_resource(f"{text.rstrip('/')}/{word}") != canonical_resource(text)


@given(anything | nearly_uris)
def test_only_plain_https_ever_stands_behind_a_link(text: str) -> None:
    if is_web_page(text):
        assert urlsplit(text).scheme == "https"
        assert text.isascii()
        assert text.isprintable()
