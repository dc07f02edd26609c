import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mcp import Client
from mcp.server.mcpserver import Context, MCPServer
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from pip_hub.mcp import ConnectorToken, HubRefused, connector_token
from tests.integration.demo.stand_in_exchange import Connection
from tests.integration.demo.stand_in_hub import RESOURCE_SECRET, StandInHub
from tests.integration.mcp.conftest import Protected, protected_server
from tests.support.mcp_client import Mode, words_of

pytestmark = pytest.mark.anyio


async def use(client: Client, connector: str = "xero", level: str = "read") -> str:
    """What the person reads."""
    result = await client.call_tool("use", {"connector": connector, "level": level})
    return f"refused: {words_of(result)}" if result.is_error else words_of(result)


@pytest.mark.requirement("RFC 8693 2.1")
@pytest.mark.requirement("RFC 8693 2.2.1")
@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_a_tool_gets_the_token_of_the_person_who_calls(protected: Protected, mode: Mode) -> None:
    protected.hub.exchange.connections["xero"] = Connection(level="write")
    token, before = protected.hub.issue(), datetime.now(UTC)

    async with protected.client(token, mode=mode) as client:
        assert await use(client) == "Demo Company (AU) at read"

    [given] = protected.given
    assert protected.hub.exchange.asked == [
        {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "audience": "xero",
            "scope": "read",
        }
    ]
    assert before + timedelta(seconds=1699) < given.expires_at <= datetime.now(UTC) + timedelta(seconds=1700)
    assert given == ConnectorToken(
        access_token="a-token-of-the-service",
        expires_at=given.expires_at,
        level="read",
        token_allows="read",
        account="Demo Company (AU)",
        organisation="Demo Company (AU)",
        organisation_id="7b1c9d20-0000-4000-8000-0000000000a1",
    )


async def test_a_token_that_could_do_more_than_its_level_says_so(protected: Protected) -> None:
    protected.hub.exchange.connections["xero"] = Connection(level="write", token_allows="write")

    async with protected.client() as client:
        await use(client)

    assert (protected.given[0].level, protected.given[0].token_allows) == ("read", "write")


async def test_printing_a_connector_token_does_not_show_it(protected: Protected) -> None:
    protected.hub.exchange.connections["gmail"] = Connection(account="user@example.com", organisation=None)

    async with protected.client() as client:
        assert await use(client, "gmail") == "user@example.com at read"

    assert "a-token-of-the-service" not in f"{protected.given[0]!r} {protected.given[0]}"


@pytest.mark.parametrize(
    ("connection", "level", "words"),
    [
        (None, "read", "Xero is not connected yet."),
        (Connection(), "write", "Xero is connected, but not for making changes, and this makes one."),
        (Connection(needs="level_too_low"), "read", "Xero is connected, but with fewer permissions than this needs."),
        (
            Connection(needs="needs_attention"),
            "read",
            "The connection to Xero no longer works and has to be made again.",
        ),
        (
            Connection(needs="organisation_not_chosen"),
            "read",
            "Xero reaches several organisations, and none has been chosen yet.",
        ),
        (Connection(needs="something_new"), "read", "Xero can't be used yet."),
    ],
)
async def test_what_a_person_can_mend_is_said_with_the_link_and_without_any_code_in_the_tool(
    protected: Protected, connection: Connection | None, level: str, words: str
) -> None:
    if connection is not None:
        protected.hub.exchange.connections["xero"] = connection

    async with protected.client() as client:
        answer = await use(client, level=level)
        assert answer == (
            f"refused: Error executing tool use: {words} "
            f"Open {protected.hub.issuer}/integrations?connect=xero to change that, then try again."
        )
        protected.hub.exchange.connections["xero"] = Connection(level="write")
        assert await use(client, level=level) == f"Demo Company (AU) at {level}"


async def test_a_connector_the_hub_gave_no_name_for_goes_by_its_key(protected: Protected) -> None:
    protected.hub.introspection_overrides = {"connectors": "nonsense"}

    async with protected.client() as client:
        assert "google_sheets is not connected yet." in await use(client, "google_sheets")


@pytest.mark.parametrize(
    "link",
    [
        None,
        "",
        "javascript:alert(1)",
        "https://evil.example/integrations",
        "{hub}.evil.example/",
        "{hub}@evil/",
        "{hub}/evil page",
        "{hub}/evil\n",
    ],
)
async def test_a_link_that_does_not_lead_to_the_hub_is_shown_to_nobody(protected: Protected, link: str | None) -> None:
    refusal = {
        "error": "interaction_required",
        "reason": "not_connected",
        "connect_url": link and link.format(hub=protected.hub.issuer),
    }
    protected.hub.exchange.answers = [JSONResponse(refusal, status_code=400)]

    async with protected.client() as client:
        answer = await use(client)

    assert "could not be understood. Try again in 5 seconds." in answer
    assert "evil" not in answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (PlainTextResponse("down", status_code=502), "just now. Try again in 5 seconds."),
        (
            JSONResponse({"error": "temporarily_unavailable"}, status_code=503, headers={"Retry-After": "42"}),
            "just now. Try again in 42 seconds.",
        ),
        (JSONResponse({"error": "server_error"}, status_code=500), "just now. Try again in 5 seconds."),
        (JSONResponse({"error": "slow_down"}, status_code=429), "just now. Try again in 5 seconds."),
        (HTMLResponse("<h1>Welcome</h1>"), "just now. Try again in 5 seconds."),
    ],
)
async def test_trouble_that_passes_is_said_to_pass(protected: Protected, answer: Response, words: str) -> None:
    protected.hub.exchange.connections["xero"] = Connection()
    protected.hub.exchange.answers = [answer]

    async with protected.client() as client:
        refusal = await use(client)
        assert refusal == (
            f"refused: Error executing tool use: The hub could not give access to the connected service {words}"
        )
        assert await use(client) == "Demo Company (AU) at read"


@pytest.mark.parametrize(
    "overrides",
    [
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": "line\r\nbreak"},
        {"access_token": "two words"},
        {"token_type": "N_A"},
        {"token_type": None},
        {"expires_in": 0},
        {"expires_in": "soon"},
        {"expires_in": True},
        {"expires_in": 10**20},
        {"scope": "everything", "connector": {}},
        {"scope": None, "connector": {"level": 7}},
        {"scope": None, "connector": "xero"},
    ],
)
async def test_an_answer_that_makes_no_sense_gives_out_nothing(
    protected: Protected, overrides: dict[str, object]
) -> None:
    protected.hub.exchange.connections["xero"] = Connection()
    protected.hub.exchange.overrides = overrides

    async with protected.client() as client:
        assert "could not be understood" in await use(client)
    assert not protected.given


@pytest.mark.requirement("RFC 8693 2.2.2")
async def test_a_sign_in_that_has_ended_is_told_from_a_mistake(hub: StandInHub) -> None:
    async with protected_server(hub, cache_seconds=3600) as protected:
        token = hub.issue()
        async with protected.client(token) as client:
            hub.exchange.answers = [JSONResponse({"error": "invalid_request"}, status_code=400)]
            assert await use(client) == "refused: Error executing tool use"
            del hub.access[token]
            assert await use(client) == (
                "refused: Error executing tool use: "
                "The sign-in behind this call has ended. Sign in again, then try again."
            )


@pytest.mark.parametrize("connector", ["ledger", "", "xero gmail"])
async def test_a_mistake_of_the_tools_author_goes_to_the_log_and_to_nobody_else(
    protected: Protected, connector: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    token = protected.hub.issue()

    async with protected.client(token) as client:
        assert await use(client, connector) == "refused: Error executing tool use"

    assert f"The hub refused to give a token for {connector!r} at level 'read'. (invalid_target)" in caplog.text
    for secret in (token, RESOURCE_SECRET):
        assert secret not in caplog.text


async def test_people_who_share_one_server_never_share_a_token(protected: Protected) -> None:
    protected.hub.exchange.connections["xero"] = Connection()
    first, second = protected.hub.issue(client_id="first"), protected.hub.issue(client_id="second")

    async with protected.client(first) as one, protected.client(second) as other:
        for client in (one, other, one):
            await use(client)

    assert [asked["subject_token"] for asked in protected.hub.exchange.asked] == [first, second, first]


async def test_a_session_uses_the_token_of_each_request_and_not_that_of_its_first(protected: Protected) -> None:
    """A client that refreshes goes on with the same session and another token."""
    protected.hub.exchange.connections["xero"] = Connection()
    first, second = protected.hub.issue(), protected.hub.issue()

    async with protected.http(first) as http, protected.over(http, mode="legacy") as client:
        await use(client)
        http.headers["Authorization"] = f"Bearer {second}"
        await use(client)

    assert [asked["subject_token"] for asked in protected.hub.exchange.asked] == [first, second]


async def test_outside_of_a_protected_request_it_is_a_mistake_to_ask() -> None:
    server: MCPServer[Any] = MCPServer("unprotected")
    raised: list[HubRefused] = []

    @server.tool()
    async def use_anyway(ctx: Context) -> None:
        try:
            await connector_token(ctx, "xero", "read")
        except HubRefused as refused:
            raised.append(refused)
            raise

    async with Client(server) as client:
        assert (await client.call_tool("use_anyway")).is_error

    assert "without an access token that a HubTokenVerifier has checked" in str(raised[0])
