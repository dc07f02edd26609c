from typing import Literal

import pytest

from tests.integration.demo.stand_in_exchange import Connection
from tests.integration.mcp.conftest import Protected
from tests.support.mcp_client import Mode, PageOpener, words_of

pytestmark = pytest.mark.anyio

ASK = {"connector": "xero", "level": "read"}


async def does_nothing(_url: str) -> None:
    """A person who looks at the page and comes back without having done anything."""


async def test_a_client_that_opens_pages_is_asked_to_and_the_call_goes_through_afterwards(protected: Protected) -> None:
    async def connect(_url: str) -> None:
        protected.hub.exchange.connections["xero"] = Connection()

    opener = PageOpener(open_page=connect)
    async with protected.client(opens_pages=opener) as client:
        result = await client.call_tool("use_or_offer", ASK)

    assert (result.is_error, words_of(result)) == (False, "Demo Company (AU)")
    [asked] = opener.asked
    assert (asked.mode, asked.url) == ("url", f"{protected.hub.issuer}/integrations?connect=xero")
    assert asked.message == "Xero is not connected yet."


@pytest.mark.parametrize("action", ["accept", "decline", "cancel"])
async def test_a_person_who_is_not_done_or_says_no_reads_the_words_and_is_not_asked_twice(
    protected: Protected, action: Literal["accept", "decline", "cancel"]
) -> None:
    opener = PageOpener(open_page=does_nothing, action=action)
    async with protected.client(opens_pages=opener) as client:
        result = await client.call_tool("use_or_offer", ASK)

    assert result.is_error
    assert f"Open {protected.hub.issuer}/integrations?connect=xero to change that" in words_of(result)
    assert len(opener.asked) == 1


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_client_that_opens_no_pages_is_told_in_words(protected: Protected, mode: Mode) -> None:
    async with protected.client(mode=mode) as client:
        result = await client.call_tool("use_or_offer", ASK)

    assert result.is_error
    assert f"Open {protected.hub.issuer}/integrations?connect=xero to change that" in words_of(result)


async def test_a_client_of_an_older_revision_is_told_in_words_even_if_it_could_open_pages(protected: Protected) -> None:
    opener = PageOpener(open_page=does_nothing)
    async with protected.client(mode="legacy", opens_pages=opener) as client:
        result = await client.call_tool("use_or_offer", ASK)

    assert result.is_error
    assert "Xero is not connected yet." in words_of(result)
    assert not opener.asked
