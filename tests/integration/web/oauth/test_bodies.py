"""Bodies that no honest client sends: each is refused with a word of the RFC, whichever endpoint it is sent to."""

from collections.abc import AsyncIterator

import pytest
from starlette.types import Message, Scope

from tests.integration.web.oauth.oauth_hub import FORM_TYPE, OAuthHub

pytestmark = pytest.mark.anyio

FORM_ENDPOINTS = ["/oauth/token", "/oauth/revoke", "/oauth/introspect"]
JSON = "application/json"
LIMIT = 64 * 1024


@pytest.mark.parametrize("path", FORM_ENDPOINTS)
@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"token=a&token=b", FORM_TYPE),
        (b"client_id=a&client_id=a", FORM_TYPE),
        (b"unknown=a&unknown=b", FORM_TYPE),
        (b"token=a%00b", FORM_TYPE),
        (b"token=a\0b", FORM_TYPE),
        (b"token=%ff%fe", FORM_TYPE),
        (b"token=\xff\xfe", FORM_TYPE),
        (b"token=%ed%a0%80", FORM_TYPE),
        (b"&".join(b"p%d=1" % number for number in range(1000)), FORM_TYPE),
        (b'{"token": "a"}', JSON),
        (b"token=a", "text/plain"),
        (b"token=a", "multipart/form-data; boundary=x"),
        (b"token=a", ""),
        (b"token=a", "\xff"),
    ],
)
async def test_a_form_that_is_none_is_an_invalid_request(
    hub: OAuthHub, path: str, content: bytes, content_type: str
) -> None:
    headers = {b"Content-Type": content_type.encode("latin-1")}
    refused = await hub.http.post(path, content=content, headers=headers)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert refused.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", FORM_ENDPOINTS)
async def test_a_form_without_a_type_is_an_invalid_request(hub: OAuthHub, path: str) -> None:
    refused = await hub.http.post(path, content=b"token=a")

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("path", "content_type"), [*((path, FORM_TYPE) for path in FORM_ENDPOINTS), ("/oauth/register", JSON)]
)
async def test_a_body_over_64_kib_is_too_large(hub: OAuthHub, path: str, content_type: str) -> None:
    refused = await hub.http.post(path, content=b"a" * (LIMIT + 1), headers={"Content-Type": content_type})

    assert (refused.status_code, refused.json()["error"]) == (413, "invalid_request")


async def test_a_body_of_64_kib_is_not(hub: OAuthHub) -> None:
    answer = await hub.http.post("/oauth/token", content=b"a" * LIMIT, headers={"Content-Type": FORM_TYPE})

    assert answer.status_code == 400


async def test_a_body_without_end_is_not_read_to_its_end(hub: OAuthHub) -> None:
    sent = 0

    async def forever() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"a" * 1024

    refused = await hub.http.post("/oauth/token", content=forever(), headers={"Content-Type": FORM_TYPE})

    assert refused.status_code == 413
    assert sent <= 70


async def test_a_client_that_leaves_in_the_middle_breaks_nothing(hub: OAuthHub) -> None:
    sent: list[Message] = []
    parts: list[Message] = [
        {"type": "http.request", "body": b"grant_type=", "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/oauth/token",
        "query_string": b"",
        "headers": [(b"content-type", FORM_TYPE.encode())],
    }

    async def receive() -> Message:
        return parts.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await hub.app(scope, receive, send)

    assert sent[0]["status"] == 400


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", JSON),
        (b"null", JSON),
        (b"[]", JSON),
        (b'"text"', JSON),
        (b"{", JSON),
        (b"\xff", JSON),
        (b"\xef\xbb\xbf{}", JSON),
        (b"[" * 60_000, JSON),
        (b'{"a":' * 12_000, JSON),
        (b'{"a": ' + b"9" * 60_000 + b"}", JSON),
        (b'{"a": NaN}', JSON),
        (b'{"a": -Infinity}', JSON),
        (b'{"redirect_uris": ["https://a.example/"], "redirect_uris": ["https://b.example/"]}', JSON),
        (b'{"a": {"b": 1, "b": 2}}', JSON),
        (b"redirect_uris=a", FORM_TYPE),
        (b'{"redirect_uris": ["https://a.example/"]}', "text/plain"),
        (b'{"redirect_uris": ["https://a.example/"]}', "application/json-patch+json"),
    ],
)
async def test_a_registration_that_is_no_json_object_is_an_invalid_request(
    hub: OAuthHub, content: bytes, content_type: str
) -> None:
    refused = await hub.http.post("/oauth/register", content=content, headers={"Content-Type": content_type})

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert refused.headers["cache-control"] == "no-store"
