"""The two tools of the demo's MCP server, which show what a token says and nothing else."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final

import attrs
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from starlette.requests import Request

from pip_hub.entrypoints.demo.mcp_gate import BEARER
from pip_hub.entrypoints.demo.mcp_introspection import Bearer, Connector

Context = ServerRequestContext[dict[str, Any], Request]

WHOAMI: Final = "whoami"
LIST_CONNECTORS: Final = "list_connectors"

_NO_ARGUMENTS: Final[dict[str, Any]] = {"type": "object", "properties": {}, "additionalProperties": False}
_TEXT: Final[dict[str, Any]] = {"type": "string"}
_TEXT_OR_NULL: Final[dict[str, Any]] = {"type": ["string", "null"]}
_READ_ONLY: Final = types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

_TOOLS: Final = [
    types.Tool(
        name=WHOAMI,
        title="Who am I?",
        description="Tells whose access token this is, which client it was given to and what it may be used for.",
        input_schema=_NO_ARGUMENTS,
        output_schema={
            "type": "object",
            "properties": {
                "sub": _TEXT,
                "email": _TEXT_OR_NULL,
                "client_id": _TEXT,
                "scopes": {"type": "array", "items": _TEXT},
            },
            "required": ["sub", "email", "client_id", "scopes"],
        },
        annotations=_READ_ONLY,
    ),
    types.Tool(
        name=LIST_CONNECTORS,
        title="List connectors",
        description="Tells which services the user has connected in the hub, to which account and at which level.",
        input_schema=_NO_ARGUMENTS,
        output_schema={
            "type": "object",
            "properties": {
                "connectors": {
                    "type": "object",
                    "additionalProperties": {
                        "type": "object",
                        "properties": {
                            "name": _TEXT,
                            "status": _TEXT,
                            "account": _TEXT_OR_NULL,
                            "level": _TEXT_OR_NULL,
                        },
                        "required": ["name", "status", "account", "level"],
                    },
                },
                "manage_url": _TEXT,
            },
            "required": ["connectors", "manage_url"],
        },
        annotations=_READ_ONLY,
    ),
]

_LEVELS: Final = {"read": "read only", "write": "read and write"}


def create_tool_server(issuer: str) -> Server[dict[str, Any]]:
    """The MCP server proper, which expects a `Bearer` in the scope of every HTTP request.

    Args:
        issuer: the hub, whose manage page the answers point at.
    """
    answers: dict[str, Callable[[Bearer], types.CallToolResult]] = {
        WHOAMI: _whoami,
        LIST_CONNECTORS: lambda bearer: _list_connectors(bearer, manage_url=f"{issuer}/integrations"),
    }

    async def list_tools(_context: Context, _params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=_TOOLS)

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        answer = answers.get(params.name)
        if answer is None:
            raise MCPError(types.INVALID_PARAMS, "There is no such tool here.")
        if params.arguments:
            return types.CallToolResult(content=[_say("This tool takes no arguments.")], is_error=True)
        return answer(_bearer_of(context))

    return Server(
        "pip-hub-demo",
        title="pip-hub demo",
        version=version("pip-hub"),
        instructions="Ask whoami whose access this is, and list_connectors what it reaches.",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _bearer_of(context: Context) -> Bearer:
    """The bearer of this very HTTP request, never of an earlier one on the same session."""
    bearer = context.request.scope.get(BEARER) if context.request else None
    if not isinstance(bearer, Bearer):
        raise TypeError("a tool was reached without passing the bearer gate")
    return bearer


def _whoami(bearer: Bearer) -> types.CallToolResult:
    scopes = ", ".join(bearer.scopes) or "none"
    return types.CallToolResult(
        content=[
            _say(f"You are {bearer.email or bearer.subject}. The client is {bearer.client_id}. Its scopes: {scopes}.")
        ],
        structured_content={
            "sub": bearer.subject,
            "email": bearer.email,
            "client_id": bearer.client_id,
            "scopes": list(bearer.scopes),
        },
    )


def _list_connectors(bearer: Bearer, *, manage_url: str) -> types.CallToolResult:
    lines = [_in_words(connector) for connector in bearer.connectors.values()] or ["The hub offers no connectors."]
    return types.CallToolResult(
        content=[_say("\n".join([*lines, f"To change this, open {manage_url}"]))],
        structured_content={
            "connectors": {key: attrs.asdict(connector) for key, connector in bearer.connectors.items()},
            "manage_url": manage_url,
        },
    )


def _in_words(connector: Connector) -> str:
    account = f" to {connector.account}" if connector.account else ""
    reach = f", {_LEVELS[connector.level]}" if connector.level in _LEVELS else ""
    before = f" ({connector.account})" if connector.account else ""
    words = {
        "connected": f"connected{account}{reach}",
        "limited": f"connected{account}{reach}, with fewer permissions than it needs",
        "needs_attention": f"needs attention: connect it again in the hub{before}",
        "not_connected": "not connected",
    }
    return f"{connector.name}: {words.get(connector.status, 'not available')}."


def _say(text: str) -> types.TextContent:
    return types.TextContent(type="text", text=text)
