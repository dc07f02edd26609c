import json
import logging
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from pip_hub.entrypoints.demo.mcp_server import DemoMcpConfig, create_mcp_app
from tests.integration.demo.conftest import Demo, a_browser
from tests.support.loopback import listener, serving, url_of

pytestmark = pytest.mark.anyio


async def post(demo: Demo, *authorization: str, method: str = "tools/list", **params: Any) -> httpx2.Response:
    """One JSON-RPC request, as a client of the handshake era sends it after the handshake."""
    return await demo.browser.post(
        demo.config.resource,
        headers=[
            *(("Authorization", value) for value in authorization),
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", "2025-06-18"),
        ],
        json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
    )


async def call(demo: Demo, tool: str, **arguments: Any) -> dict[str, Any]:
    bearer = f"Bearer {demo.hub.issue()}"
    answer: dict[str, Any] = (await post(demo, bearer, method="tools/call", name=tool, arguments=arguments)).json()
    return answer


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


@pytest.mark.requirement("RFC 9728 5.1")
@pytest.mark.requirement("RFC 6750 3.1")
@pytest.mark.parametrize("authorization", [[], ["Basic dXNlcjpwYXNz"], [""]])
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_without_a_token_a_client_is_told_where_to_get_one(
    demo: Demo, method: str, authorization: list[str]
) -> None:
    response = await demo.browser.request(
        method, demo.config.resource, headers=[("Authorization", value) for value in authorization]
    )

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == (
        f'Bearer resource_metadata="{demo.config.origin}/.well-known/oauth-protected-resource/mcp", scope="mcp"'
    )
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.requirement("RFC 6750 3.1")
async def test_a_token_the_hub_does_not_know_is_an_invalid_token(demo: Demo) -> None:
    response = await post(demo, "Bearer never-issued")

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith('Bearer error="invalid_token", error_description="')
    assert f'resource_metadata="{demo.config.metadata_url}"' in response.headers["www-authenticate"]


@pytest.mark.parametrize("value", ["", " two words", ' "quoted"', f" {'x' * 5000}", " a\\b", " =="])
async def test_what_can_not_be_a_token_is_refused_without_asking_the_hub(demo: Demo, value: str) -> None:
    response = await post(demo, f"Bearer{value}")

    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")
    assert demo.hub.introspected == 0


@pytest.mark.requirement("RFC 6750 3.1")
async def test_two_authorization_headers_are_a_bad_request(demo: Demo) -> None:
    good = f"Bearer {demo.hub.issue()}"

    response = await post(demo, good, "Bearer other")

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.requirement("RFC 8707 2")
@pytest.mark.parametrize(
    "overrides",
    [
        {"aud": "http://localhost:1/mcp"},
        {"aud": ["http://localhost:1/mcp"]},
        {"aud": None},
        {"iss": "http://localhost:1"},
        {"active": "true"},
    ],
)
async def test_a_token_for_another_server_or_of_another_hub_is_refused(
    demo: Demo, overrides: dict[str, object]
) -> None:
    demo.hub.introspection_overrides = overrides

    response = await post(demo, f"Bearer {demo.hub.issue()}")

    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")


async def test_a_token_for_several_servers_is_accepted_by_each(demo: Demo) -> None:
    demo.hub.introspection_overrides = {"aud": ["http://localhost:1/mcp", demo.config.resource]}

    assert (await post(demo, f"bearer {demo.hub.issue()}")).status_code == 200


@pytest.mark.requirement("RFC 6750 3.1")
async def test_a_token_without_the_scope_is_told_which_scope_it_needs(demo: Demo) -> None:
    response = await post(demo, f"Bearer {demo.hub.issue(scope='profile other')}")

    assert response.status_code == 403
    assert 'error="insufficient_scope"' in response.headers["www-authenticate"]
    assert response.headers["www-authenticate"].endswith('scope="mcp"')


async def test_access_that_is_taken_away_ends_with_the_very_next_call(demo: Demo) -> None:
    token = demo.hub.issue()
    assert (await post(demo, f"Bearer {token}")).status_code == 200

    del demo.hub.access[token]

    assert (await post(demo, f"Bearer {token}")).status_code == 401


@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("trouble", status_code=500),
        HTMLResponse("<h1>Sign in</h1>"),
        JSONResponse(["active"]),
        JSONResponse({"active": True, "aud": "", "client_id": "x"}, status_code=303),
        JSONResponse({"error": "invalid_client"}, status_code=401),
        Response(b"\xff\xfe{}", media_type="application/json"),
    ],
)
async def test_a_hub_that_gives_no_usable_answer_is_not_the_tokens_fault(demo: Demo, answer: Response) -> None:
    demo.hub.introspection_answer = answer

    response = await post(demo, f"Bearer {demo.hub.issue()}")

    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert "www-authenticate" not in response.headers
    assert response.json()["error"]["message"].endswith("there is no need to sign in again.")


@pytest.mark.parametrize("missing", ["sub", "client_id"])
async def test_a_hub_that_does_not_say_whose_token_it_is_gets_nobody_in(demo: Demo, missing: str) -> None:
    demo.hub.introspection_overrides = {missing: None}

    assert (await post(demo, f"Bearer {demo.hub.issue()}")).status_code == 503


async def test_a_hub_that_is_gone_is_not_the_tokens_fault(tmp_path: Path) -> None:
    nobody, mcp_socket = listener(), listener()
    issuer = url_of(nobody)
    nobody.close()
    config = DemoMcpConfig(
        issuer=issuer,
        resource=f"{url_of(mcp_socket)}/mcp",
        resource_id="id",
        resource_secret="secret",
        scopes=(),
        sample_client_file=tmp_path / "unused.json",
    )
    async with serving(create_mcp_app(config), mcp_socket), a_browser() as browser:
        response = await browser.post(config.resource, headers={"Authorization": "Bearer abc"})

    assert response.status_code == 503
    assert "could not be reached" in response.json()["error"]["message"]


async def test_a_wrong_resource_secret_is_reported_in_the_log_and_no_secret_is(
    demo: Demo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    demo.hub.introspection_answer = JSONResponse({"error": "invalid_client"}, status_code=401)
    token = demo.hub.issue()

    await post(demo, f"Bearer {token}")

    assert "refused this MCP server's own credentials" in caplog.text
    assert demo.config.resource_secret not in caplog.text
    # httpcore2 logs whole requests at DEBUG, on the side of this test too; what counts is what the demo writes.
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("pip_hub")]
    assert ours
    assert all(token not in message for message in ours)


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


async def test_list_connectors_says_it_in_words_and_as_data(demo: Demo) -> None:
    states = {
        "xero": ("connected", "Demo Company (AU)", "write"),
        "gmail": ("limited", "user@example.com", "read"),
        "sheets": ("needs_attention", "user@example.com", "read"),
        "plain": ("not_connected", None, None),
        "later": ("unavailable", None, None),
    }
    demo.hub.connectors = {
        key: {"name": key.title(), "status": status, "account": account, "level": level}
        for key, (status, account, level) in states.items()
    }

    result = (await call(demo, "list_connectors"))["result"]

    assert result["content"][0]["text"].splitlines() == [
        "Xero: connected to Demo Company (AU), read and write.",
        "Gmail: connected to user@example.com, read only, with fewer permissions than it needs.",
        "Sheets: needs attention: connect it again in the hub (user@example.com).",
        "Plain: not connected.",
        "Later: not available.",
        f"To change this, open {demo.config.issuer}/integrations",
    ]
    assert result["structuredContent"] == {
        "connectors": demo.hub.connectors,
        "manage_url": f"{demo.config.issuer}/integrations",
    }


@pytest.mark.parametrize("connectors", [None, [], "none", {"xero": None, "gmail": "connected"}])
async def test_list_connectors_survives_a_hub_that_says_nothing_sensible(demo: Demo, connectors: object) -> None:
    demo.hub.introspection_overrides = {"connectors": connectors}

    result = (await call(demo, "list_connectors"))["result"]

    assert result["structuredContent"]["connectors"] == {}
    assert result["content"][0]["text"].startswith("The hub offers no connectors.")


async def test_a_connector_with_half_of_its_members_is_shown_as_far_as_it_goes(demo: Demo) -> None:
    demo.hub.connectors = {"xero": {"status": "connected", "account": 7, "level": "sideways"}}

    result = (await call(demo, "list_connectors"))["result"]

    assert result["content"][0]["text"].startswith("xero: connected.\n")


async def test_a_tool_that_does_not_exist_is_an_error_that_repeats_nothing(demo: Demo) -> None:
    answer = await call(demo, "<script>alert(1)</script>")

    assert answer["error"]["message"] == "There is no such tool here."


async def test_arguments_nobody_asked_for_are_an_error_of_the_tool(demo: Demo) -> None:
    assert (await call(demo, "whoami", user="somebody else"))["result"]["isError"] is True


async def test_whoami_does_without_an_email_address(demo: Demo) -> None:
    demo.hub.introspection_overrides = {"username": None}

    result = (await call(demo, "whoami"))["result"]

    assert result["structuredContent"]["email"] is None
    assert result["content"][0]["text"].startswith("You are user-1.")


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://localhost:8400/"},
        {"issuer": "localhost:8400"},
        {"resource": "http://localhost:8402"},
        {"resource": "http://localhost:8402/"},
        {"resource": "http://localhost:8402/mcp?x=1"},
        {"resource": "ftp://localhost:8402/mcp"},
    ],
)
def test_urls_that_would_stop_clients_are_refused_at_start_up(changes: dict[str, str]) -> None:
    urls = {"issuer": "http://localhost:8400", "resource": "http://localhost:8402/mcp"} | changes

    with pytest.raises(ValueError, match="must be an http or https URL"):
        DemoMcpConfig(
            issuer=urls["issuer"],
            resource=urls["resource"],
            resource_id="id",
            resource_secret="secret",
            scopes=("mcp",),
            sample_client_file=Path("unused.json"),
        )


def test_the_secret_is_not_shown_with_the_rest_of_the_configuration() -> None:
    config = DemoMcpConfig(
        issuer="http://localhost:8400",
        resource="http://localhost:8402/mcp",
        resource_id="id",
        resource_secret="very secret",
        scopes=("mcp",),
        sample_client_file=Path("unused.json"),
    )

    assert "very secret" not in repr(config)
