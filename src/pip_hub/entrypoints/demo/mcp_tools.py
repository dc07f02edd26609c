"""The demo's MCP server proper: what it offers, and how it answers when something is in the way."""

import logging
from importlib.metadata import version
from typing import Any

import mcp_types as types
from mcp.server.lowlevel import Server
from mcp.server.mcpserver.exceptions import ToolError
from mcp.shared.exceptions import MCPError

from pip_hub.entrypoints.demo.mcp_account_tools import account_tools
from pip_hub.entrypoints.demo.mcp_gmail_tools import gmail_tools
from pip_hub.entrypoints.demo.mcp_service import Services
from pip_hub.entrypoints.demo.mcp_sheets_tools import sheets_tools
from pip_hub.entrypoints.demo.mcp_tool import Context, Tool, say
from pip_hub.entrypoints.demo.mcp_xero_tools import xero_tools
from pip_hub.mcp import ConnectionNeeded, HubRefused, offer_link

logger = logging.getLogger(__name__)

Result = types.CallToolResult | types.InputRequiredResult


def create_tool_server(manage_url: str, services: Services) -> Server[dict[str, Any]]:
    """The server, which expects the SDK's `AuthenticatedUser` in the scope of every HTTP request.

    Args:
        manage_url: the hub's page that answers point at.
        services: the services behind the connectors.
    """
    tools = [
        *account_tools(manage_url),
        *xero_tools(services.xero),
        *gmail_tools(services.gmail),
        *sheets_tools(services.sheets),
    ]
    by_name = {tool.name: tool for tool in tools}

    async def list_tools(_context: Context, _params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[tool.advertised() for tool in tools])

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> Result:
        tool = by_name.get(params.name)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, "There is no such tool here.")
        return await _call(tool, context, params.arguments)

    return Server(
        "pip-hub-demo",
        title="pip-hub demo",
        version=version("pip-hub"),
        instructions=(
            "Ask whoami whose access this is, and list_connectors what it reaches. When a tool answers with a link, "
            "show it to the person: they settle there what is missing, and then the tool works."
        ),
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def _call(tool: Tool, context: Context, arguments: dict[str, Any] | None) -> Result:
    """Whatever a person should know is an answer of the tool; only what nobody foresaw is an error of the server."""
    try:
        return await _call_or_offer_link(tool, context, arguments)
    except ToolError as trouble:
        return _refusal(str(trouble))
    except HubRefused:
        logger.exception("%s could not be answered", tool.name)
        return _refusal("This MCP server is not set up the way its hub expects. Tell whoever runs it.")


async def _call_or_offer_link(tool: Tool, context: Context, arguments: dict[str, Any] | None) -> Result:
    try:
        return await tool.call(context, arguments)
    except ConnectionNeeded as needed:
        return offer_link(context, needed)


def _refusal(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[say(text)], is_error=True)
