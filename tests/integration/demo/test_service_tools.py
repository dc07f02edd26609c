import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.demo.at_sandbox import GMAIL, SHEETS, SHEETS_WRITE, AtSandbox, at_sandbox
from tests.integration.demo.stand_in_exchange import Connection
from tests.support.mcp_client import TOOL_CALLS

pytestmark = pytest.mark.anyio

SERVICES = [
    ("xero_list_invoices", {}, "xero", "Xero"),
    ("gmail_search", {"query": "invoice"}, "gmail", "Gmail"),
    ("sheets_read", {"range": "Sheet1!A1:B2"}, "google_sheets", "Google Sheets"),
    ("sheets_append", {"row": ["x"]}, "google_sheets", "Google Sheets"),
]


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncIterator[AtSandbox]:
    async with at_sandbox(tmp_path) as running:
        yield running


async def test_xero_list_invoices_lists_those_of_the_chosen_organisation(tools: AtSandbox) -> None:
    await tools.connect_xero()

    said = await tools.use("xero_list_invoices")

    assert not said.refused
    assert said.data is not None
    assert said.data["organisation"] == "Demo Company (AU)"
    assert {
        "number": "INV-0033",
        "contact": "City Limousines",
        "status": "AUTHORISED",
        "total": 475.0,
        "currency": "AUD",
    } in said.data["invoices"]
    assert said.text.startswith("Invoices in Demo Company (AU):\n")
    assert "INV-0032: Ridgeway University, 6,187.50 AUD, PAID" in said.text


async def test_gmail_search_finds_messages_and_tells_how_they_begin(tools: AtSandbox) -> None:
    await tools.connect_google("gmail")

    said = await tools.use("gmail_search", query="from:marine")

    assert said.data == {
        "account": "alex@example.com",
        "messages": [
            {
                "id": "sandbox-message-1",
                "sender": "Marine Systems <accounts@marine.example>",
                "subject": "Invoice 9711 for November",
                "date": "Tue, 17 Nov 2026 08:12:00 +0000",
                "snippet": said.data["messages"][0]["snippet"] if said.data else "",
            }
        ],
    }
    assert "Marine Systems <accounts@marine.example>: Invoice 9711 for November\n  Please find attached" in said.text


async def test_gmail_search_that_finds_nothing_says_so(tools: AtSandbox) -> None:
    await tools.connect_google("gmail")

    said = await tools.use("gmail_search", query="nobody writes this")

    assert (said.refused, said.text) == (False, "No message was found.")


async def test_a_row_that_was_appended_is_there_to_be_read_as_the_text_it_was(tools: AtSandbox) -> None:
    await tools.connect_google("google_sheets", scope=f"openid email {SHEETS_WRITE}", level="write")

    appended = await tools.use("sheets_append", row=["November", "=1+1"])
    read = await tools.use("sheets_read", range="Sheet1!A5:B6")

    assert appended.data == {"range": "Sheet1!A5:B5", "rows": 1}
    assert appended.text == "Added a row at Sheet1!A5:B5."
    assert read.data == {"range": "Sheet1!A5:B6", "rows": [["November", "=1+1"]]}
    assert read.text == "Sheet1!A5:B6:\nNovember | =1+1"


async def test_empty_cells_are_said_to_be_empty(tools: AtSandbox) -> None:
    await tools.connect_google("google_sheets")

    said = await tools.use("sheets_read", range="Sheet1!X90:Z99")

    assert said.data == {"range": "Sheet1!X90:Z99", "rows": []}
    assert said.text == "The cells Sheet1!X90:Z99 are empty."


@pytest.mark.parametrize(("tool", "arguments", "connector", "name"), SERVICES, ids=lambda value: str(value)[:20])
async def test_a_tool_whose_service_is_not_connected_says_where_to_connect_it_and_works_afterwards(
    tools: AtSandbox, tool: str, arguments: dict[str, Any], connector: str, name: str
) -> None:
    refused = await tools.use(tool, **arguments)

    assert refused.refused
    assert refused.data is None
    assert refused.text == (
        f"{name} is not connected yet. "
        f"Open {tools.demo.config.issuer}/integrations?connect={connector} to change that, then try again."
    )
    await tools.connect_everything()
    assert not (await tools.use(tool, **arguments)).refused


async def test_appending_needs_more_than_reading_does(tools: AtSandbox) -> None:
    await tools.connect_google("google_sheets", scope=f"openid email {SHEETS_WRITE}", level="read")

    assert not (await tools.use("sheets_read", range="Sheet1!A1")).refused
    refused = await tools.use("sheets_append", row=["x"])

    assert refused.refused
    assert "is connected, but not for making changes, and this makes one." in refused.text
    assert "google.sheet_append" not in await tools.sandbox.control.calls()


async def test_a_token_that_ended_on_the_way_is_replaced_once(tools: AtSandbox) -> None:
    await tools.connect_xero()
    good = tools.demo.hub.exchange.connections["xero"]
    tools.demo.hub.exchange.hands_out_first("xero", "a-token-that-has-ended")

    said = await tools.use("xero_list_invoices")

    assert not said.refused
    assert tools.demo.hub.exchange.connections["xero"] == good
    assert len(tools.demo.hub.exchange.asked) == 2


async def test_a_token_that_is_refused_twice_is_not_tried_a_third_time(tools: AtSandbox) -> None:
    tools.demo.hub.exchange.connections["xero"] = Connection(access_token="never-issued")

    said = await tools.use("xero_list_invoices")

    assert said.refused
    assert said.text == (
        "Xero no longer accepts the access it once gave. "
        f"Open {tools.demo.config.issuer}/integrations to connect it again."
    )
    assert (await tools.sandbox.control.calls())["xero.invoices"] == 2


@pytest.mark.parametrize(
    ("tool", "arguments", "endpoint", "scope"),
    [
        ("xero_list_invoices", {}, "xero.invoices", "openid profile email offline_access accounting.contacts.read"),
        ("gmail_search", {"query": "x"}, "google.messages", f"openid email {SHEETS}"),
        ("sheets_append", {"row": ["x"]}, "google.sheet_append", f"openid email {GMAIL} {SHEETS}"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_permissions_that_are_missing_at_the_service_are_no_reason_to_fetch_another_token(
    tools: AtSandbox, tool: str, arguments: dict[str, Any], endpoint: str, scope: str
) -> None:
    if tool == "xero_list_invoices":
        await tools.connect_xero(scope=scope)
    else:
        await tools.connect_google("gmail", "google_sheets", scope=scope, level="write")

    said = await tools.use(tool, **arguments)

    assert said.refused
    assert "does not allow this with the permissions it was given." in said.text
    assert (await tools.sandbox.control.calls())[endpoint] == 1


async def test_an_organisation_that_was_disconnected_in_xero_is_said_to_be(tools: AtSandbox) -> None:
    await tools.connect_xero()
    await tools.sandbox.control.disconnect_xero()

    said = await tools.use("xero_list_invoices")

    assert said.refused
    assert said.text.startswith("Xero refuses access; somebody may have taken it away there. Open http")


@pytest.mark.parametrize(
    ("status", "retry_after", "words"),
    [
        (429, 30, "Xero is getting too many calls. Try again in 30 seconds."),
        (429, None, "Xero is getting too many calls. Try again in a moment."),
        (500, None, "Xero is in trouble at the moment. Try again in a moment."),
        (503, 7, "Xero is in trouble at the moment. Try again in 7 seconds."),
        (400, None, "Xero can't do anything with this request."),
        (404, None, "Xero can't do anything with this request."),
    ],
)
async def test_trouble_at_the_service_is_put_in_plain_words(
    tools: AtSandbox, status: int, retry_after: int | None, words: str
) -> None:
    await tools.connect_xero()
    await tools.sandbox.control.fail("xero.invoices", status=status, retry_after=retry_after)

    said = await tools.use("xero_list_invoices")

    assert (said.refused, said.text) == (True, words)
    assert not (await tools.use("xero_list_invoices")).refused


async def test_a_service_that_hangs_up_is_said_not_to_answer(tools: AtSandbox) -> None:
    await tools.connect_google("gmail")
    await tools.sandbox.control.lose_answer("google.message")

    said = await tools.use("gmail_search", query="invoice")

    assert (said.refused, said.text) == (True, "Gmail does not answer. Try again in a moment.")


@pytest.mark.parametrize("garbage", ["html", "empty", "json_without_error", "error_in_200", "list", "broken_json"])
@pytest.mark.parametrize(
    ("tool", "arguments", "endpoint"),
    [
        ("xero_list_invoices", {}, "xero.invoices"),
        ("gmail_search", {"query": "invoice"}, "google.messages"),
        ("sheets_append", {"row": ["x"]}, "google.sheet_append"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_nonsense_from_a_service_is_never_taken_for_an_answer(
    tools: AtSandbox, tool: str, arguments: dict[str, Any], endpoint: str, garbage: str
) -> None:
    await tools.connect_everything()
    await tools.sandbox.control.garbage(endpoint, garbage)

    said = await tools.use(tool, **arguments)

    assert said.refused
    assert "with something this tool can't read." in said.text or "can't do anything with this request" in said.text


@pytest.mark.parametrize("asked", ["../../../control", "A1/../B2", "Sheet1!nonsense", "?x=1#y", "Sheet1!A1:B2%2F"])
async def test_a_range_is_a_range_and_never_another_address(tools: AtSandbox, asked: str) -> None:
    await tools.connect_google("google_sheets")

    before = await tools.sandbox.control.calls()

    said = await tools.use("sheets_read", range=asked)

    calls = await tools.sandbox.control.calls()
    assert {name for name in calls if calls[name] != before.get(name)} <= {"google.sheet_values"}
    assert said.text == "Google Sheets can't do anything with this request." or (said.data or {})["range"] == asked


async def test_no_token_of_a_service_and_no_secret_reaches_an_answer_or_the_log(
    tools: AtSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await tools.connect_everything()
    tokens = {connection.access_token for connection in tools.demo.hub.exchange.connections.values()}

    said = [await tools.use(tool, **arguments) for tool, arguments in TOOL_CALLS.items()]
    tools.demo.hub.exchange.connections["xero"] = Connection(access_token="never-issued")
    said.append(await tools.use("xero_list_invoices"))

    for secret in (*tokens, "never-issued", tools.demo.config.resource_secret, *tools.demo.hub.access):
        assert secret not in f"{said} {caplog.text}"
