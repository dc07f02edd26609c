"""Calling the tools through the official MCP client, with the bearer token and nothing else."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import attrs
import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_types import Implementation, TextContent

from pip_hub.entrypoints.demo.sample_discovery import CLIENT_NAME
from pip_hub.entrypoints.demo.sample_store import Tokens, ToolAnswer
from pip_hub.entrypoints.demo.sample_trail import SampleTrouble, Trail

_PATIENCE: Final = 40.0
"""Seconds to wait for one answer of the MCP server, whose hub may have to wait for a service first."""

_EXPECTED: Final = (MCPError, httpx2.HTTPError, TimeoutError)


@attrs.frozen
class ToolCall:
    """One call: the tool's name, and what goes with it."""

    tool: str
    arguments: Mapping[str, Any] = attrs.Factory(dict)


async def call_tools(trail: Trail, tokens: Tokens, calls: Sequence[ToolCall]) -> tuple[ToolAnswer, ...]:
    """Open an MCP connection, call the tools one after the other, close it.

    Raises:
        SampleTrouble: the server refuses the token, is not there or in trouble.
    """
    statuses: list[int] = []

    async def watch(response: httpx2.Response) -> None:
        statuses.append(response.status_code)
        trail.note("Call the MCP server with the token", response)

    try:
        return await _call_tools(tokens, calls, watch)
    except _EXPECTED as error:
        raise _trouble(error, statuses) from error
    except ExceptionGroup as group:
        # The SDK works in task groups, so what it raises arrives wrapped, more than once at times.
        expected, other = group.split(_EXPECTED)
        if expected is None or other is not None:
            raise
        raise _trouble(_first_of(expected), statuses) from group


async def _call_tools(
    tokens: Tokens, calls: Sequence[ToolCall], watch: Callable[[httpx2.Response], Awaitable[None]]
) -> tuple[ToolAnswer, ...]:
    async with (
        httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {tokens.access_token}"},
            timeout=_PATIENCE,
            trust_env=False,
            event_hooks={"response": [watch]},
        ) as http,
        Client(
            streamable_http_client(tokens.resource, http_client=http),
            read_timeout_seconds=_PATIENCE,
            client_info=Implementation(name=CLIENT_NAME, version="1"),
        ) as client,
    ):
        return tuple([await _call(client, each) for each in calls])


async def _call(client: Client, call: ToolCall) -> ToolAnswer:
    result = await client.call_tool(call.tool, dict(call.arguments))
    return ToolAnswer(
        tool=call.tool,
        text="\n".join(block.text for block in result.content if isinstance(block, TextContent)),
        structured=result.structured_content if isinstance(result.structured_content, dict) else {},
        failed=result.is_error,
    )


def _trouble(error: Exception, statuses: list[int]) -> SampleTrouble:
    if httpx2.codes.UNAUTHORIZED in statuses:
        return SampleTrouble("The MCP server no longer takes this access token: it has expired or was revoked.")
    if httpx2.codes.FORBIDDEN in statuses:
        return SampleTrouble("The MCP server takes this access token, but it does not reach far enough.")
    if isinstance(error, MCPError) and httpx2.codes.SERVICE_UNAVAILABLE in statuses:
        return SampleTrouble(error.message)
    return SampleTrouble("The MCP server does not answer as it should. Is it running?")


def _first_of(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
