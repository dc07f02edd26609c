"""For MCP servers whose users come through a pip-hub: check their tokens, and get connector tokens for them.

It stands alone: it needs the official MCP SDK (`pip install "pip-hub[mcp]"`) and the hub's address, and nothing of the
hub's own code or settings. `docs/protect-an-mcp-server.md` shows it at work.
"""

from pip_hub.mcp.connector_tokens import ConnectorToken, Level, connector_token
from pip_hub.mcp.elicitation import offer_link
from pip_hub.mcp.errors import ConnectionNeeded, HubError, HubRefused, HubUnavailable, SignInEnded
from pip_hub.mcp.hub_trouble import HubTroubleMiddleware, answer_to
from pip_hub.mcp.verifier import HubAccessToken, HubTokenVerifier

__all__ = [
    "ConnectionNeeded",
    "ConnectorToken",
    "HubAccessToken",
    "HubError",
    "HubRefused",
    "HubTokenVerifier",
    "HubTroubleMiddleware",
    "HubUnavailable",
    "Level",
    "SignInEnded",
    "answer_to",
    "connector_token",
    "offer_link",
]
