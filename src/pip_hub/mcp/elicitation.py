"""Offering the hub's page through the MCP client itself (MCP 2026-07-28: URL mode elicitation)."""

from typing import Final

from mcp.server.mcpserver import Context
from mcp_types import ElicitRequest, ElicitRequestURLParams, InputRequiredResult
from mcp_types.version import is_version_at_least

from pip_hub.mcp.connector_tokens import ToolContext
from pip_hub.mcp.errors import ConnectionNeeded

_FIRST_REVISION: Final = "2026-07-28"
"""From here on a server asks in its answer, and the client calls again; before, only servers with a session could."""

_KEY: Final = "connect"


def offer_link(ctx: ToolContext, needed: ConnectionNeeded) -> InputRequiredResult:
    """What to return from a tool so that the client opens the hub's page for the person and then calls again.

    Offered once per call: a client that calls again before the person is done, or a person who says no, gets the
    words. So does everybody whose client cannot open pages, and nothing depends on it.

    Raises:
        ConnectionNeeded: `needed` itself, for a client that cannot open the page or has been asked already.
    """
    context = ctx.request_context if isinstance(ctx, Context) else ctx
    capabilities = context.session.client_capabilities
    elicitation = capabilities.elicitation if capabilities is not None else None
    opens_pages = elicitation is not None and elicitation.url is not None
    answered = (context.params or {}).get("inputResponses")
    if not opens_pages or answered or not is_version_at_least(context.protocol_version, _FIRST_REVISION):
        raise needed
    ask = ElicitRequestURLParams(message=needed.explanation, url=needed.connect_url)
    return InputRequiredResult(input_requests={_KEY: ElicitRequest(params=ask)})
