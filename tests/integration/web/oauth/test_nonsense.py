"""Whatever is sent, the answer is one the standards know: never a 500, never prose, never cached."""

import json
import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pip_hub.domain import errors
from tests.integration.web.oauth.oauth_hub import FORM_TYPE, RESOURCE_SECRET, an_oauth_hub, basic

pytestmark = pytest.mark.anyio

WORDS = {kind.error for kind in errors.TokenRefused.__subclasses__()}
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*")  # RFC 6749 5.2
REFUSALS = {400, 401, 413}


@pytest.fixture(scope="module")
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """One hub for all the nonsense: what an earlier example left behind must not matter either."""
    async with an_oauth_hub() as hub:
        yield hub.http


any_character = st.characters(exclude_categories=())  # half characters too, which JSON's escapes can spell

# Words that get far, mixed with text that does not.
names = st.sampled_from(
    ["grant_type", "code", "code_verifier", "redirect_uri", "resource", "refresh_token", "scope", "token"]
) | st.sampled_from(["client_id", "client_secret", "client_assertion", "token_type_hint"])
values = (
    st.text(max_size=50)
    | st.sampled_from(["authorization_code", "refresh_token", "public-client", "basic-client", "post-client"])
    | st.sampled_from(["resource-1", RESOURCE_SECRET, "https://mcp.example/mcp", "https://[", "//x", "mcp:tools"])
)
forms = st.lists(st.tuples(names | st.text(max_size=10), values), max_size=12).map(
    lambda pairs: urlencode(pairs, errors="replace").encode()
)
bodies = forms | st.binary(max_size=200)
content_types = (
    st.just(FORM_TYPE) | st.just("application/json") | st.binary(max_size=40).map(lambda text: text.decode("latin-1"))
)
authorizations = (
    st.none()
    | st.builds(
        lambda name, secret: basic(name, secret)["Authorization"],
        st.text("abc%:\0ü", max_size=8),
        st.text("abc%+", max_size=8),
    )
    | st.sampled_from(["Basic", "Basic \xff", "Bearer x", "basic  Og=="])
    | st.binary(max_size=40).map(lambda text: text.decode("latin-1"))
)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(any_character, max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
metadata = st.fixed_dictionaries(
    {},
    optional={
        "redirect_uris": st.lists(
            st.sampled_from(["https://a.example/", "cursor://x", "http://[::1]:1/"]) | st.text(max_size=30), max_size=3
        )
        | jsons,
        "client_name": st.text(any_character, max_size=200) | jsons,
        "client_uri": st.sampled_from(["https://a.example", "https://[", "https://a.example/\ud800"]) | jsons,
        "token_endpoint_auth_method": st.sampled_from(["none", "client_secret_basic", "client_secret_post"]) | jsons,
        "grant_types": st.just(["authorization_code"]) | jsons,
        "response_types": st.just(["code"]) | jsons,
        "application_type": st.just("web") | jsons,
        "jwks": jsons,
    },
)


def headers_of(content_type: str, authorization: str | None) -> dict[bytes, bytes]:
    headers = {b"Content-Type": content_type.encode("latin-1")}
    if authorization is not None:
        headers[b"Authorization"] = authorization.encode("latin-1")
    return headers


def assert_refusal(answer: httpx2.Response) -> None:
    assert answer.status_code in REFUSALS
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json().keys() == {"error", "error_description"}
    assert answer.json()["error"] in WORDS
    assert DESCRIPTION.fullmatch(answer.json()["error_description"])
    assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)


@given(
    path=st.sampled_from(["/oauth/token", "/oauth/revoke", "/oauth/introspect"]),
    body=bodies,
    content_type=content_types,
    authorization=authorizations,
)
@example(
    path="/oauth/revoke",
    body=b"client_id=public-client&token=a",
    content_type=FORM_TYPE,
    authorization=None,
)
async def test_no_form_brings_an_endpoint_down(
    http: httpx2.AsyncClient, path: str, body: bytes, content_type: str, authorization: str | None
) -> None:
    answer = await http.post(path, content=body, headers=headers_of(content_type, authorization))

    if answer.status_code == 200:
        # Only these two have a good answer for people who hold no token: "gone", and "not active".
        assert (path, answer.content) in {("/oauth/revoke", b""), ("/oauth/introspect", b'{"active":false}')}
    else:
        assert_refusal(answer)


@given(
    body=metadata.map(lambda members: json.dumps(members).encode())
    | jsons.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=200),
    content_type=st.just("application/json") | content_types,
    authorization=authorizations,
)
async def test_no_metadata_brings_registration_down(
    http: httpx2.AsyncClient, body: bytes, content_type: str, authorization: str | None
) -> None:
    answer = await http.post("/oauth/register", content=body, headers=headers_of(content_type, authorization))

    if answer.status_code == 201:
        assert answer.json()["client_id"]
    else:
        assert_refusal(answer)


@given(
    path=st.sampled_from(
        ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/oauth/jwks"]
    ),
    query=st.text(max_size=30),
    authorization=authorizations,
    body=st.binary(max_size=50),
)
async def test_nothing_changes_what_the_metadata_says(
    http: httpx2.AsyncClient, path: str, query: str, authorization: str | None, body: bytes
) -> None:
    usual = await http.get(path)

    answer = await http.request(
        "GET",
        path,
        params={"q": query},
        content=body,
        headers=headers_of("text/plain", authorization) | {b"Host": b"evil.example"},
    )

    assert (answer.status_code, answer.content) == (200, usual.content)
