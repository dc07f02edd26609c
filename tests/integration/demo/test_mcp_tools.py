from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from tests.integration.demo.calling import call, post
from tests.integration.demo.conftest import Demo
from tests.support.mcp_client import TOOL_CALLS

pytestmark = pytest.mark.anyio


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


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("whoami", {"user": "somebody else"}, "One of them is unknown here."),
        ("xero_list_invoices", {"<script>": 1}, "One of them is unknown here."),
        ("gmail_search", {}, "query: Field required."),
        ("gmail_search", {"query": ""}, "query: String should have at least 1 character."),
        ("gmail_search", {"query": "x" * 201}, "query: String should have at most 200 characters."),
        ("gmail_search", {"query": 7}, "query: Input should be a valid string."),
        ("sheets_read", {"range": ["A1"]}, "range: Input should be a valid string."),
        ("sheets_append", {"row": []}, "row: List should have at least 1 item after validation, not 0."),
        ("sheets_append", {"row": ["x"] * 27}, "row: List should have at most 26 items after validation, not 27."),
        ("sheets_append", {"row": "x"}, "row: Input should be a valid list."),
        ("sheets_append", {"row": [1, None]}, "row: Input should be a valid string."),
        ("sheets_append", {"row": ["x"], "sheet": "y"}, "One of them is unknown here."),
    ],
)
async def test_arguments_that_do_not_fit_are_an_answer_that_says_why_and_repeats_nothing(
    demo: Demo, tool: str, arguments: dict[str, Any], words: str
) -> None:
    result = (await call(demo, tool, **arguments))["result"]

    assert result["isError"] is True
    assert result["content"][0]["text"] == f"The arguments do not fit. {words}"
    assert not demo.hub.exchange.asked


async def test_a_server_that_is_set_up_wrongly_says_so_to_its_operator_and_not_to_the_person(
    demo: Demo, caplog: pytest.LogCaptureFixture
) -> None:
    demo.hub.exchange.answers = [JSONResponse({"error": "invalid_target"}, status_code=400)]

    result = (await call(demo, "xero_list_invoices"))["result"]

    assert result["isError"] is True
    assert result["content"][0]["text"] == (
        "This MCP server is not set up the way its hub expects. Tell whoever runs it."
    )
    assert "The hub refused to give a token for 'xero' at level 'read'. (invalid_target)" in caplog.text


@pytest.mark.parametrize("tool", ["xero_list_invoices", "gmail_search", "sheets_read", "sheets_append"])
async def test_a_hub_that_is_down_during_a_tool_is_said_to_be(demo: Demo, tool: str) -> None:
    demo.hub.exchange.answers = [Response(status_code=503, headers={"Retry-After": "20"})]

    result = (await call(demo, tool, **TOOL_CALLS[tool]))["result"]

    assert result["isError"] is True
    assert result["content"][0]["text"] == (
        "The hub could not give access to the connected service just now. Try again in 20 seconds."
    )


async def test_every_tool_is_advertised_with_its_schemas_and_says_whether_it_changes_anything(demo: Demo) -> None:
    tools = (await post(demo, f"Bearer {demo.hub.issue()}")).json()["result"]["tools"]

    assert [tool["name"] for tool in tools] == list(TOOL_CALLS)
    for tool in tools:
        assert tool["inputSchema"]["additionalProperties"] is False
        assert tool["outputSchema"]["type"] == "object"
        assert tool["annotations"]["readOnlyHint"] is (tool["name"] != "sheets_append")


async def test_whoami_does_without_an_email_address(demo: Demo) -> None:
    demo.hub.introspection_overrides = {"username": None}

    result = (await call(demo, "whoami"))["result"]

    assert result["structuredContent"]["email"] is None
    assert result["content"][0]["text"].startswith("You are user-1.")
