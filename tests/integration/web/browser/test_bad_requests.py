"""Requests that no page of ours sends: each gets the right status and a page to go on from."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from starlette.types import Message

from tests.support.hub import EMAIL, ISSUER, Browser, MemoryHub

pytestmark = pytest.mark.anyio

FORMS = [
    "/oauth/authorize/submit",
    "/sign-in",
    "/sign-out",
    "/integrations/xero",
    "/integrations/xero/disconnect",
    "/integrations/complete",
    "/integrations/cancel",
]


@pytest.mark.parametrize("path", FORMS)
async def test_a_body_of_another_type_is_refused(in_flow: Browser, path: str) -> None:
    for media_type in ("application/json", "multipart/form-data; boundary=x", "text/plain", ""):
        answer = await in_flow.post(path, b'{"flowId": "x"}', Content_Type=media_type)
        assert answer.status_code == 415
        assert "We couldn’t read that" in answer.text


@pytest.mark.parametrize("path", FORMS)
async def test_a_body_over_64_kib_is_refused_whether_or_not_it_says_so(in_flow: Browser, path: str) -> None:
    body = b"a=" + b"x" * (64 * 1024 - 1)
    announced = await in_flow.post(path, body)
    assert announced.status_code == 413
    assert "That was too much" in announced.text

    async def chunks() -> AsyncIterator[bytes]:
        yield body[:1000]
        yield body[1000:]

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    unannounced = await in_flow.http.post(f"{ISSUER}{path}", content=chunks(), headers=headers)
    assert "content-length" not in unannounced.request.headers
    assert unannounced.status_code == 413


async def test_a_body_of_exactly_64_kib_is_read(in_flow: Browser) -> None:
    answer = await in_flow.post("/integrations/complete", b"a=" + b"x" * (64 * 1024 - 2))
    assert answer.status_code == 403


async def test_a_form_that_breaks_off_in_the_middle_is_no_bug_of_ours(
    hub: MemoryHub, caplog: pytest.LogCaptureFixture
) -> None:
    messages: list[Message] = [{"type": "http.request", "body": b"a=", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    path = "/sign-in"
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "headers": headers}
    await hub.app({**scope, "query_string": b"", "http_version": "1.1", "scheme": "https"}, receive, send)
    assert sent[0]["status"] == 400
    assert "ERROR" not in caplog.text


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "body", [b"email=%00", b"%00=x", b"email=%FF", b"email=\xff", b"email=%ED%A0%80", b"a=&" * 201 + b"b="]
)
async def test_unreadable_text_in_a_form_is_refused(in_flow: Browser, path: str, body: bytes) -> None:
    answer = await in_flow.post(path, body)
    assert answer.status_code == 400
    assert "We couldn’t read that" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/oauth/authorize?client_id=%00",
        "/oauth/authorize?state=%FF",
        "/integrations?flow=%00",
        "/integrations?flow=a&flow=b",
        "/integrations/xero/callback?state=%00",
        "/integrations/xero/callback?state=%C3",
        "/integrations/%00/callback?state=a",
        "/integrations/%FF/callback?state=a",
        "/sign-in?flow=%00",
    ],
)
async def test_unreadable_text_in_an_address_is_refused(in_flow: Browser, path: str) -> None:
    page = await in_flow.open(path)
    assert page.status == 400
    assert "/integrations" in page.values("href")


async def test_unreadable_text_in_the_path_of_a_form_is_refused(in_flow: Browser) -> None:
    for connector in ("%00", "%FF"):
        answer = await in_flow.post(f"/integrations/{connector}", in_flow.form("/integrations/xero").fields)
        assert answer.status_code == 400


@pytest.mark.parametrize("name", ["csrf", "flowId", "level"])
async def test_a_repeated_field_is_refused(hub: MemoryHub, in_flow: Browser, name: str) -> None:
    form = in_flow.form("/integrations/xero")
    answer = await in_flow.post(form.action, [*form.fields, (name, dict(form.fields)[name])])
    assert answer.status_code == 400
    assert hub.gateway.trips == []


@pytest.mark.parametrize("name", ["email", "password", "action", "csrf"])
async def test_a_repeated_field_of_the_sign_in_form_is_refused(hub: MemoryHub, browser: Browser, name: str) -> None:
    await browser.open(hub.authorize_path())
    fields = dict(browser.form("/submit").fields) | {"email": EMAIL, "password": "p" * 8, "action": "register"}
    answer = await browser.post("/oauth/authorize/submit", [*fields.items(), (name, "again")])
    assert answer.status_code == 400


async def test_nothing_is_at_other_addresses(browser: Browser) -> None:
    page = await browser.open("/nowhere/<script>")
    assert page.status == 404
    assert "Page not found" in page.text
    assert "<script" not in page.html


@pytest.mark.parametrize("path", ["/integrations/", "/sign-in/", "//evil.example/integrations"])
async def test_a_slash_too_many_is_not_redirected_to_wherever_the_host_header_says(browser: Browser, path: str) -> None:
    answer = await browser.http.get(f"{ISSUER}{path}", headers={"Host": "evil.example"})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/integrations/complete"), ("GET", "/sign-out"), ("POST", "/integrations"), ("PUT", "/sign-in")],
)
async def test_the_wrong_method_says_which_are_right(browser: Browser, method: str, path: str) -> None:
    answer = await browser.http.request(method, f"{ISSUER}{path}", headers={"Accept": "text/html"})
    assert answer.status_code == 405
    assert answer.headers["allow"]
    assert "This address is for forms" in answer.text


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/register", "/integrations/status", "/healthz"])
async def test_where_programs_call_even_the_wrong_method_is_answered_in_json(browser: Browser, path: str) -> None:
    answer = await browser.http.put(f"{ISSUER}{path}", headers={"Accept": "*/*"})
    assert answer.status_code == 405
    assert answer.json()["error"] == "method_not_allowed"


async def test_a_program_that_asks_for_json_gets_it_from_pages_too(browser: Browser) -> None:
    answer = await browser.http.get(f"{ISSUER}/nowhere", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json() == {"error": "not_found", "error_description": "There is nothing at this address."}


@pytest.mark.parametrize(
    "path", ["/static/nothing.css", "/static/../routes.py", "/static/%2e%2e/routes.py", "/static/%00"]
)
async def test_only_static_files_are_static(browser: Browser, path: str) -> None:
    answer = await browser.http.get(httpx2.URL(ISSUER).copy_with(raw_path=path.encode()))
    assert answer.status_code == 404
