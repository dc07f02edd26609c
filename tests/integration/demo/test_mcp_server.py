import json

import pytest

from tests.integration.demo.calling import post
from tests.integration.demo.conftest import Demo

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("RFC 9728 3.1")
@pytest.mark.parametrize(
    "place", ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"]
)
async def test_the_metadata_repeats_the_configured_urls_to_the_letter(demo: Demo, place: str) -> None:
    response = await demo.browser.get(f"{demo.config.origin}{place}", headers={"Origin": "https://anywhere.example"})

    assert response.json() == {
        "resource": demo.config.resource,
        "resource_name": "pip-hub demo",
        "authorization_servers": [demo.config.issuer],
        "scopes_supported": ["mcp"],
        "bearer_methods_supported": ["header"],
    }
    assert not demo.config.issuer.endswith("/")
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
async def test_there_is_no_stream_to_open_and_no_session_to_end(demo: Demo, method: str) -> None:
    response = await demo.browser.request(
        method, demo.config.resource, headers={"Authorization": f"Bearer {demo.hub.issue()}"}
    )

    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_a_body_over_64_kib_is_refused(demo: Demo) -> None:
    response = await post(demo, f"Bearer {demo.hub.issue()}", padding="x" * 65536)

    assert response.status_code == 413


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'"text"', b"\xff", json.dumps({"id": 1}).encode()])
async def test_a_body_that_is_no_json_rpc_message_is_a_bad_request(demo: Demo, body: bytes) -> None:
    response = await demo.browser.post(
        demo.config.resource,
        content=body,
        headers={
            "Authorization": f"Bearer {demo.hub.issue()}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        },
    )

    assert response.status_code == 400


async def test_a_request_under_another_name_of_this_machine_is_refused(demo: Demo) -> None:
    response = await demo.browser.post(
        demo.config.resource,
        headers={"Authorization": f"Bearer {demo.hub.issue()}", "Host": "rebound.example", "Accept": "*/*"},
        json={},
    )

    assert response.status_code == 421


@pytest.mark.parametrize(("origin", "allowed"), [("http://localhost:6274", True), ("https://anywhere.example", False)])
async def test_only_pages_of_this_machine_may_call_from_a_browser(demo: Demo, origin: str, allowed: bool) -> None:  # noqa: FBT001 - a case of the table above
    response = await demo.browser.options(
        demo.config.resource,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, mcp-protocol-version",
        },
    )

    assert (response.headers.get("access-control-allow-origin") == origin) is allowed
