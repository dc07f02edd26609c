from pathlib import Path

import anyio
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import TextContent
from starlette.responses import PlainTextResponse

from tests.integration.demo.at_sandbox import at_sandbox
from tests.integration.demo.conftest import Demo
from tests.support.mcp_client import (
    TOOL_CALLS,
    Mode,
    SignInRefused,
    call_every_tool,
    official_client,
    whole_journey,
    words_of,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_it_gets_from_a_bare_url_to_a_tool_call_and_past_a_refresh(demo: Demo, mode: Mode) -> None:
    async def open_browser(url: str) -> None:
        (await demo.browser.get(url)).raise_for_status()

    journey = await whole_journey(demo.config.resource, open_browser, mode=mode)

    assert journey.tools == tuple(TOOL_CALLS)
    for answer in (journey.before, journey.after):
        assert not answer.is_error
        assert answer.structured_content == {
            "sub": "user-1",
            "email": "user@example.com",
            "client_id": "client-1",
            "scopes": ["mcp"],
        }
    assert len({token.access_token for token in journey.tokens}) == 2
    assert journey.transcript.count("authorization_code") == 1
    assert journey.transcript.count("refresh_token") == 1
    assert [line.status for line in journey.transcript.lines].count(401) == 1


async def test_the_transcript_names_every_request_in_order_and_holds_no_secret(demo: Demo) -> None:
    async def open_browser(url: str) -> None:
        await demo.browser.get(url)

    journey = await whole_journey(demo.config.resource, open_browser, mode="legacy")

    hub, server = demo.config.issuer, demo.config.origin
    shown = [str(line).replace(hub, "HUB").replace(server, "SERVER") for line in journey.transcript.lines]
    assert shown[:5] == [
        "client  POST SERVER/mcp (initialize) → 401",
        "client  GET  SERVER/.well-known/oauth-protected-resource/mcp → 200",
        "client  GET  HUB/.well-known/oauth-authorization-server → 200",
        "client  POST HUB/oauth/register → 201",
        (
            "browser GET  HUB/oauth/authorize?response_type=…&client_id=…&redirect_uri=…&state=…&code_challenge=…"
            "&code_challenge_method=…&resource=…&scope=… (is sent out)"
        ),
    ]
    assert shown[5].endswith("/callback?state=…&iss=…&code=… (comes back)")
    assert shown[6:] == [
        "client  POST HUB/oauth/token (authorization_code) → 200",
        "client  POST SERVER/mcp (initialize) → 200",
        "client  POST SERVER/mcp (notifications/initialized) → 202",
        "client  POST SERVER/mcp (tools/list) → 200",
        "client  POST SERVER/mcp (tools/call) → 200",
        "client  POST HUB/oauth/token (refresh_token) → 200",
        "client  POST SERVER/mcp (tools/call) → 200",
    ]
    assert str(journey.transcript).startswith(" 1. client  POST")
    assert all(token.access_token not in str(journey.transcript) for token in journey.tokens)


async def test_a_person_who_says_no_is_reported_as_such(demo: Demo) -> None:
    demo.hub.decline_with = "access_denied"

    async def open_browser(url: str) -> None:
        await demo.browser.get(url)

    with pytest.RaisesGroup(pytest.RaisesExc(SignInRefused, match="access_denied"), flatten_subgroups=True):
        await whole_journey(demo.config.resource, open_browser)


async def test_a_browser_that_takes_its_time_is_waited_for(demo: Demo) -> None:
    opened, send = anyio.Event(), list[str]()

    async def open_browser(url: str) -> None:
        send.append(url)
        opened.set()

    async def a_person() -> None:
        await opened.wait()
        await demo.browser.get(send[0])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(a_person)
        async with official_client(demo.config.resource, open_browser) as stranger, stranger.connected() as client:
            assert not (await client.call_tool("list_connectors")).is_error


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_it_calls_every_tool_is_told_what_is_missing_and_succeeds_once_that_is_mended(
    tmp_path: Path, mode: Mode
) -> None:
    async with at_sandbox(tmp_path) as tools:

        async def open_browser(url: str) -> None:
            (await tools.demo.browser.get(url)).raise_for_status()

        async with (
            official_client(tools.demo.config.resource, open_browser) as stranger,
            stranger.connected(mode) as client,
        ):
            before = await call_every_tool(client)
            await tools.connect_everything()
            after = await call_every_tool(client)

    services = ("xero_list_invoices", "gmail_search", "sheets_read", "sheets_append")
    assert tuple(tool for tool, result in before.items() if result.is_error) == services
    for tool in services:
        assert f"Open {tools.demo.config.issuer}/integrations?connect=" in words_of(before[tool])
    assert not any(result.is_error for result in after.values())
    assert all(isinstance(result.structured_content, dict) for result in after.values())
    assert words_of(after["sheets_append"]) == "Added a row at Sheet1!A5:C5."


async def test_it_opens_the_hubs_page_when_the_server_asks_and_the_same_call_then_succeeds(tmp_path: Path) -> None:
    async with at_sandbox(tmp_path) as tools:

        async def open_browser(url: str) -> None:
            (await tools.demo.browser.get(url)).raise_for_status()

        async def connect(_url: str) -> None:
            await tools.connect_everything()

        async with (
            official_client(tools.demo.config.resource, open_browser) as stranger,
            stranger.connected(open_page=connect) as client,
        ):
            result = await client.call_tool("xero_list_invoices")

    assert not result.is_error
    assert words_of(result).startswith("Invoices in Demo Company (AU):")
    assert [line.about for line in stranger.transcript.lines if "asked to open" in line.about] == [
        "is asked to open: Xero is not connected yet."
    ]
    assert stranger.transcript.count("tools/call") == 2


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_people_who_call_at_the_same_time_are_kept_apart(demo: Demo, mode: Mode) -> None:
    async def who_am_i(client_id: str) -> None:
        headers = {"Authorization": f"Bearer {demo.hub.issue(client_id=client_id)}"}
        async with (
            httpx2.AsyncClient(headers=headers, trust_env=False) as http,
            Client(streamable_http_client(demo.config.resource, http_client=http), mode=mode) as client,
        ):
            for _ in range(3):
                answer = await client.call_tool("whoami")
                assert answer.structured_content["client_id"] == client_id

    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(who_am_i, f"client of person {number}")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_it_tells_its_user_when_the_hub_is_down_and_does_not_sign_in_again(demo: Demo, mode: Mode) -> None:
    visits: list[str] = []

    async def open_browser(url: str) -> None:
        visits.append(url)
        await demo.browser.get(url)

    async with official_client(demo.config.resource, open_browser) as stranger, stranger.connected(mode) as client:
        await client.list_tools()
        demo.hub.introspection_answer = PlainTextResponse("down", status_code=502)
        with pytest.raises(MCPError, match="could not check the access token just now"):
            await client.call_tool("whoami")
        demo.hub.introspection_answer = None
        answer = await client.call_tool("whoami")
    assert isinstance(answer.content[0], TextContent)
    assert answer.content[0].text == ("You are user@example.com. The client is client-1. Its scopes: mcp.")
    assert len(visits) == 1
