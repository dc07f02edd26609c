import pytest

from tests.integration.demo.calling import call
from tests.integration.demo.conftest import Demo

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


async def test_arguments_nobody_asked_for_are_an_error_of_the_tool(demo: Demo) -> None:
    assert (await call(demo, "whoami", user="somebody else"))["result"]["isError"] is True


async def test_whoami_does_without_an_email_address(demo: Demo) -> None:
    demo.hub.introspection_overrides = {"username": None}

    result = (await call(demo, "whoami"))["result"]

    assert result["structuredContent"]["email"] is None
    assert result["content"][0]["text"].startswith("You are user-1.")
