"""When the hub is the trouble: 503 instead of 401, so that nobody is sent away to sign in for a token that is fine."""

from typing import Final

import attrs
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pip_hub.mcp.errors import COME_BACK, HubRefused, HubUnavailable

_INTERNAL_ERROR: Final = -32603
"""The JSON-RPC code for trouble on the server's side."""


@attrs.frozen
class HubTroubleMiddleware:
    """Answers what `HubTokenVerifier` raises; add it to the SDK's application with `add_middleware`."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except (HubUnavailable, HubRefused) as trouble:
            await answer_to(trouble)(scope, receive, send)


def answer_to(trouble: HubUnavailable | HubRefused) -> Response:
    """503 without a challenge. The body is a JSON-RPC error, which MCP clients show where they hide any other."""
    message = f"{trouble.statement} Try again in a moment; there is no need to sign in again."
    wait = trouble.retry_after if isinstance(trouble, HubUnavailable) else COME_BACK
    return JSONResponse(
        {"jsonrpc": "2.0", "id": None, "error": {"code": _INTERNAL_ERROR, "message": message}},
        status_code=503,
        headers={"Retry-After": str(wait), "Cache-Control": "no-store"},
    )
