"""Redirect URIs: which may be registered, which match, and how an answer is put into one."""

import pytest

from pip_hub.domain.redirect_uri import MAX_LENGTH, RedirectUri


@pytest.mark.parametrize(
    "uri",
    [
        "https://claude.ai/api/mcp/auth_callback",
        "https://client.example",
        "https://client.example:8443/cb?tenant=1&x",
        "http://127.0.0.1:33418/callback",
        "http://127.0.0.1/callback",
        "http://localhost/callback",
        "http://LOCALHOST:1/callback",
        "http://[::1]:8080/callback",
        "cursor://anysphere.cursor-retrieval/oauth/callback",
        "com.example.app:/oauth2redirect",
        "com.example.app:///oauth2redirect",
        "vscode://vscode.github-authentication",
    ],
)
def test_what_real_clients_use_may_be_registered(uri: str) -> None:
    assert RedirectUri(uri).value == uri


@pytest.mark.requirement("RFC 9700 4.1")
@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "JavaScript://client.example/%0aalert(1)",
        "data:text/html,hello",
        "data:text/html;base64,QQ==",
        "vbscript:x",
        "file:///etc/passwd",
        "filesystem:https://client.example/x",
        "blob:https://client.example/x",
        "about:blank",
        "view-source:https://client.example",
        "ftp://client.example/",
        "ws://client.example/",
        "wss://client.example/",
        "mailto:ann@example.com",
        "chrome://settings",
        "chrome-extension://x/y",
        "moz-extension://x/y",
        "jar:https://client.example!/",
        "intent://scan",
        "content://x",
        "resource://x",
        "tel:123",
        "sms:123",
    ],
)
def test_schemes_that_act_inside_the_browser_are_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="is not allowed"):
        RedirectUri(uri)


@pytest.mark.requirement("RFC 6749 3.1.2")
@pytest.mark.parametrize("uri", ["https://client.example/cb#", "https://client.example/cb#x", "cursor://x#y"])
def test_a_fragment_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="fragment"):
        RedirectUri(uri)


@pytest.mark.requirement("RFC 8252 7.3")
@pytest.mark.parametrize(
    "uri",
    [
        "http://client.example/cb",
        "http://127.0.0.2/cb",
        "http://localhost.evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://0.0.0.0/cb",
        "http://[::2]/cb",
        "http://2130706433/cb",
        "http:///cb",
    ],
)
def test_plain_http_is_for_the_users_own_machine_only(uri: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        RedirectUri(uri)


@pytest.mark.parametrize("uri", ["https://good.example@evil.example/cb", "http://127.0.0.1:80@evil.example/"])
def test_a_host_hidden_behind_a_user_name_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="must not name a user"):
        RedirectUri(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "https://client.example/a b",
        "https://client.example/\n",
        "https://client.example/\x00",
        "https://client.example\\@evil.example/",
        'https://client.example/"onload=',
        "https://client.example/<script>",
        "https://client.example/`",
        "https://client.example/{x}",
        "https://client.example/^|",
        "https://clïent.example/",
        " https://client.example/",
        "java\tscript:alert(1)",
    ],
)
def test_characters_that_no_uri_has_are_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="characters RFC 3986 allows"):
        RedirectUri(uri)


@pytest.mark.parametrize("uri", ["http://[::1", "https://client.example:port/", "https://client.example:65536/"])
def test_what_is_no_uri_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="not a URI"):
        RedirectUri(uri)


@pytest.mark.parametrize("uri", ["", "/callback", "client.example/callback", "//client.example/callback"])
def test_a_relative_reference_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match="absolute"):
        RedirectUri(uri)


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("https:///callback", "no host"),
        ("https://:443/callback", "no host"),
        ("http://127.0.0.1:0/callback", "port 0"),
        ("cursor:", "names nothing"),
        ("cursor:?x=1", "names nothing"),
    ],
)
def test_a_uri_that_leads_nowhere_is_refused(uri: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        RedirectUri(uri)


def test_a_redirect_uri_may_be_long_but_not_endless() -> None:
    prefix = "https://client.example/"

    RedirectUri(prefix + "x" * (MAX_LENGTH - len(prefix)))
    with pytest.raises(ValueError, match="at most"):
        RedirectUri(prefix + "x" * (MAX_LENGTH - len(prefix) + 1))


@pytest.mark.requirement("RFC 8252 7.3")
@pytest.mark.parametrize(
    ("registered", "requested"),
    [
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"),
        ("http://127.0.0.1:33418/cb", "http://127.0.0.1/cb"),
        ("http://localhost:1/cb?x=1", "http://localhost:2/cb?x=1"),
        ("http://[::1]/cb", "http://[::1]:51004/cb"),
    ],
)
def test_a_loopback_uri_matches_at_any_port(registered: str, requested: str) -> None:
    assert RedirectUri(registered).matches(RedirectUri(requested))


@pytest.mark.requirement("RFC 9700 2.1")
@pytest.mark.parametrize(
    ("registered", "requested"),
    [
        ("http://127.0.0.1/cb", "http://127.0.0.1/other"),
        ("http://127.0.0.1/cb", "http://127.0.0.1/cb?x=1"),
        ("http://127.0.0.1/cb", "http://localhost/cb"),
        ("http://127.0.0.1/cb", "https://127.0.0.1/cb"),
        ("https://127.0.0.1/cb", "http://127.0.0.1/cb"),
        ("https://client.example/cb", "https://client.example:8443/cb"),
        ("https://localhost/cb", "https://localhost:8443/cb"),
        ("cursor://x/cb", "cursor://x:1/cb"),
    ],
)
def test_nothing_but_the_port_of_a_loopback_uri_is_free(registered: str, requested: str) -> None:
    assert not RedirectUri(registered).matches(RedirectUri(requested))


def test_only_plain_http_is_loopback() -> None:
    assert RedirectUri("http://localhost:1/cb").is_loopback
    assert not RedirectUri("https://localhost/cb").is_loopback
    assert not RedirectUri("cursor://localhost/cb").is_loopback


def test_people_are_shown_the_host_or_the_applications_own_scheme() -> None:
    assert RedirectUri("https://client.example:8443/cb").host == "client.example:8443"
    assert RedirectUri("http://localhost:33418/cb").host == "localhost:33418"
    assert RedirectUri("cursor://anysphere/cb").host == "cursor:"


@pytest.mark.requirement("RFC 6749 3.1.2")
@pytest.mark.parametrize(
    ("uri", "answer"),
    [
        ("https://client.example/cb", "https://client.example/cb?code=a+b&state=%26"),
        ("https://client.example/cb?tenant=1", "https://client.example/cb?tenant=1&code=a+b&state=%26"),
        ("https://client.example/cb?", "https://client.example/cb?code=a+b&state=%26"),
        ("https://client.example", "https://client.example?code=a+b&state=%26"),
        ("http://[::1]:1/cb", "http://[::1]:1/cb?code=a+b&state=%26"),
        ("com.example.app:/cb", "com.example.app:/cb?code=a+b&state=%26"),
        ("com.example.app:///cb", "com.example.app:///cb?code=a+b&state=%26"),
        ("com.example.app:////cb", "com.example.app:////cb?code=a+b&state=%26"),
    ],
)
def test_the_answer_is_put_behind_the_uri_and_its_own_query_exactly_as_registered(uri: str, answer: str) -> None:
    assert RedirectUri(uri).with_answer({"code": "a b", "state": "&"}) == answer


@pytest.mark.requirement("RFC 9700 4.1")
@pytest.mark.parametrize(
    "uri",
    [
        "http://[::1].evil.example/cb",
        "http://evil.example[::1]/cb",
        "http://[::1]evil.example:80/cb",
        "https://evil.example[::1]/cb",
        "https://[::1].evil.example/cb",
        "https://client.example:/cb",
        "https://-client.example/cb",
    ],
)
def test_a_host_that_two_parsers_could_read_as_two_is_refused(uri: str) -> None:
    with pytest.raises(ValueError, match=r"no host|loopback"):
        RedirectUri(uri)
