"""The official MCP client uses all four tools on connected services; a person mends in Chromium what is missing.

`pytest -s` shows the transcript; with PIP_HUB_SCREENSHOTS set it is also written to docs/transcripts.
"""

import re
import sys

import pytest
from mcp_types import CallToolResult
from playwright.async_api import expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.person import Level, Person, Sight
from tests.e2e.stories import call_and_tell, keep, story_of
from tests.support.mcp_client import Transcript, official_client, words_of

pytestmark = pytest.mark.anyio

HEADLINE = """The official MCP client (PyPI mcp) uses the four tools of pip-hub demo, with a person in Chromium.
Made by tests/e2e/test_four_tools.py. Values of queries are left out."""

IN_WORDS = """A client that only reads: `sheets_append` is refused, the person follows the link in the words, allows the
rest at Google, and the same call succeeds."""

BY_ITSELF = """A client that opens pages when the server asks (URL mode elicitation): every call that lacks something
comes back with the link, and succeeds once the person is done."""


async def test_a_tool_that_is_refused_says_where_to_mend_that_and_succeeds_afterwards(
    own_demo: Demo, meet: Meet
) -> None:
    person, by_itself = await meet(sight=Sight(scripts=False)), await meet(sight=Sight(scripts=False))
    stories = [
        f"{IN_WORDS}\n\n{await _with_a_client_that_only_reads(own_demo, person)}",
        f"{BY_ITSELF}\n\n{await _with_a_client_that_opens_pages(own_demo, by_itself)}",
    ]
    sys.stdout.write("\n" + "\n\n".join(stories) + "\n")
    keep("tools.txt", HEADLINE, *stories)
    assert person.violations == by_itself.violations == []


async def _with_a_client_that_only_reads(demo: Demo, person: Person) -> str:
    async def sign_in_and_connect_everything(url: str) -> None:
        await person.open(url)
        await person.sign_in("register")
        await person.sees_hub()
        await person.connect("xero", organisation="Demo Company (AU)")
        await person.connect("gmail")
        await person.connect("google_sheets")
        stranger.transcript.browser(person.page.url, "connects Xero, Gmail and Google Sheets, read-only")
        await _continue(person)

    async with (
        official_client(demo.mcp_server, sign_in_and_connect_everything) as stranger,
        stranger.connected("legacy") as client,
    ):
        told = stranger.transcript
        invoices = await call_and_tell(client, told, "xero_list_invoices")
        messages = await call_and_tell(client, told, "gmail_search")
        cells = await call_and_tell(client, told, "sheets_read")
        refused = await call_and_tell(client, told, "sheets_append")
        assert [invoices.is_error, messages.is_error, cells.is_error, refused.is_error] == [False, False, False, True]
        assert "connected, but not for making changes" in words_of(refused)
        await _allow_changes(person, _link_in(refused, demo), told)
        added = await call_and_tell(client, told, "sheets_append")
        row = await call_and_tell(client, told, "sheets_read", range=_where(added))
    assert "November | 14,100.00 | 9,480.00" in words_of(row)
    return story_of(told, demo)


async def _with_a_client_that_opens_pages(demo: Demo, person: Person) -> str:
    async def only_sign_in(url: str) -> None:
        await person.open(url)
        await person.sign_in("register")
        await person.sees_hub()
        await _continue(person, action="skip")

    async def mend(url: str) -> None:
        """Whatever the page says is missing."""
        connector = re.sub(r".*connect=", "", url)
        level: Level = "write" if connector == "google_sheets" else "read"
        await person.open(url)
        await person.sees_hub()
        await expect(person.banner).to_contain_text("To go on, connect")
        await expect(person.page.locator("[data-connector]").first).to_have_attribute("data-connector", connector)
        await person.connect(connector, account="sam@example.org", level=level)
        await expect(person.banner).to_contain_text("you can go back to it now")
        stranger.transcript.browser(person.page.url, f"connects {connector}, level {level}")

    async with (
        official_client(demo.mcp_server, only_sign_in) as stranger,
        stranger.connected(open_page=mend) as client,
    ):
        told = stranger.transcript
        answers = [await call_and_tell(client, told, tool) for tool in ("xero_list_invoices", "gmail_search")]
        added = await call_and_tell(client, told, "sheets_append")
        row = await call_and_tell(client, told, "sheets_read", range=_where(added))
    assert not any(answer.is_error for answer in [*answers, added])
    assert "November | 14,100.00 | 9,480.00" in words_of(row)
    assert told.count("tools/call") == 7, "three calls came back with the link, and the last one had all it needed"
    return story_of(told, demo)


async def _allow_changes(person: Person, link: str, told: Transcript) -> None:
    """Follow the link in a tool's answer, and raise the level of Google Sheets."""
    await person.open(link)
    await person.sees_hub()
    await expect(person.banner).to_contain_text("Google Sheets is connected (Read-only).")
    told.browser(link, "follows the link: Google Sheets is connected, read-only")
    await person.change_level("google_sheets", "write")
    await person.sees_provider()
    told.browser(person.page.url, "asks for more on the card, and is sent to Google")
    await person.answer("allow")
    await expect(person.banner).to_contain_text("✓ Google Sheets connected: alex@example.com")
    await expect(person.card("google_sheets").locator('select[name="level"]')).to_have_value("write")
    told.browser(person.page.url, "has allowed changes")


def _link_in(refused: CallToolResult, demo: Demo) -> str:
    link = re.search(r"Open (\S+) to change that", words_of(refused))
    assert link is not None
    assert link[1] == f"{demo.hub}/integrations?connect=google_sheets"
    return link[1]


def _where(added: CallToolResult) -> str:
    """The cells that `sheets_append` says it has filled."""
    assert isinstance(added.structured_content, dict)
    return str(added.structured_content["range"])


async def _continue(person: Person, action: str = "continue") -> None:
    await person.press(action)
    await expect(person.page).to_have_title("Signed in")
