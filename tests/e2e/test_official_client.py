"""The official MCP client as a stranger, a person in Chromium, and a hub that is killed on the way.

`pytest -s` shows the transcript; with PIP_HUB_SCREENSHOTS set it is also written to docs/transcripts.
"""

import sys
from typing import Any

import pytest
from mcp_types import CallToolResult
from playwright.async_api import expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.person import Person
from tests.e2e.stories import keep, remark, story_of
from tests.support.mcp_client import TOOL_CALLS, Mode, official_client

pytestmark = pytest.mark.anyio

HEADLINE = """The official MCP client (PyPI mcp) at pip-hub demo, with a person in Chromium.
Made by tests/e2e/test_official_client.py. Values of queries are left out."""


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_it_gets_from_a_bare_url_to_a_tool_call_past_a_refresh_and_two_crashes_of_the_hub(
    own_demo: Demo, meet: Meet, mode: Mode
) -> None:
    person = await meet("user@example.com")

    async def crash() -> None:
        await own_demo.program.kill_and_restart()
        stranger.transcript.lines.append(remark("(the demo's process is killed, and started again)"))

    async def a_person_in_the_browser(url: str) -> None:
        await person.open(url)
        await person.sign_in("register")
        await person.sees_hub()
        stranger.transcript.browser(person.page.url, "signs in, sees the hub")
        await crash()
        await person.connect("xero", organisation="Demo Company (AU)")
        await expect(person.banner).to_contain_text("✓ Xero connected: Demo Company (AU)")
        stranger.transcript.browser(person.page.url, "connects Xero")
        await _continue(person)

    async with (
        official_client(own_demo.mcp_server, a_person_in_the_browser) as stranger,
        stranger.connected(mode) as client,
    ):
        tools = [tool.name for tool in (await client.list_tools()).tools]
        await crash()
        before = await client.call_tool("list_connectors")
        stranger.expire_access_token()
        who, after = await client.call_tool("whoami"), await client.call_tool("list_connectors")

    transcript = stranger.transcript
    story = story_of(transcript, own_demo)
    sys.stdout.write(f"\nThe official MCP client, mode {mode}\n{story}\n")
    assert tools == list(TOOL_CALLS)
    assert _content(who)["email"] == "user@example.com"
    for answer in (before, after):
        connectors = _content(answer)["connectors"]
        assert connectors["xero"] == {
            "name": "Xero",
            "status": "connected",
            "account": "Demo Company (AU)",
            "level": "read",
        }
        assert connectors["gmail"]["status"] == "not_connected"
    assert len({token.access_token for token in stranger.keychain.issued}) == 2
    assert [transcript.count(grant) for grant in ("authorization_code", "refresh_token")] == [1, 1]
    assert [line.status for line in transcript.lines].count(401) == 1
    for token in stranger.keychain.issued:
        assert token.access_token not in story
        assert token.refresh_token is not None
        assert token.refresh_token not in story
    if mode == "auto":
        keep("official-client.txt", HEADLINE, story)


async def _continue(person: Person) -> None:
    await person.press("continue")
    await expect(person.page).to_have_title("Signed in")


def _content(answer: CallToolResult) -> dict[str, Any]:
    assert not answer.is_error
    assert isinstance(answer.structured_content, dict)
    return answer.structured_content
