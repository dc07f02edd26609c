"""The door of the MCP endpoint: bearer tokens in, challenges out (RFC 6750, RFC 9728 5)."""

import re
from typing import Final

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pip_hub.entrypoints.demo.mcp_config import DemoMcpConfig
from pip_hub.entrypoints.demo.mcp_introspection import AskHub, Bearer, HubUnavailable

BEARER: Final = "pip_hub.bearer"
"""The key in the ASGI scope under which a tool finds the `Bearer`."""

_LONGEST_TOKEN: Final = 4096
# RFC 6750 2.1, b64token. Whatever looks different was never issued by anybody, so the hub need not hear of it.
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_INTERNAL_ERROR: Final = -32603
"""The JSON-RPC code for trouble on the server's side."""


@attrs.frozen(kw_only=True)
class BearerGate:
    """Let a request through to the MCP endpoint only with a token that is good there."""

    app: ASGIApp
    ask_hub: AskHub
    config: DemoMcpConfig

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its `Bearer` in the scope, or answer it here."""
        outcome = await self._judge(Request(scope))
        if isinstance(outcome, Response):
            await outcome(scope, receive, send)
            return
        await self.app({**scope, BEARER: outcome}, receive, send)

    async def _judge(self, request: Request) -> Bearer | Response:
        headers = request.headers.getlist("authorization")
        if len(headers) > 1:
            return self._challenge(400, "invalid_request", "There is more than one Authorization header.")
        scheme, _, token = (headers[0] if headers else "").partition(" ")
        if scheme.lower() != "bearer":
            # RFC 6750 3.1: a request without any token is told what to do, not that it did something wrong.
            return self._challenge(401, None, "Sign in first: this server needs an access token from its hub.")
        token = token.strip()
        if len(token) > _LONGEST_TOKEN or not _TOKEN.fullmatch(token):
            return self._challenge(401, "invalid_token", "This is not an access token.")
        try:
            bearer = await self.ask_hub(token)
        except HubUnavailable as trouble:
            return _unavailable(trouble)
        if bearer is None:
            return self._challenge(
                401, "invalid_token", "The access token is unknown, expired, revoked or not for here."
            )
        if not set(self.config.scopes) <= set(bearer.scopes):
            return self._challenge(403, "insufficient_scope", "The access token does not reach far enough.")
        return bearer

    def _challenge(self, status: int, error: str | None, description: str) -> Response:
        parts = [f'error="{error}"', f'error_description="{description}"'] if error else []
        parts.append(f'resource_metadata="{self.config.metadata_url}"')
        if self.config.scopes:
            parts.append(f'scope="{" ".join(self.config.scopes)}"')
        return JSONResponse(
            {"error": error or "unauthorized", "error_description": description},
            status_code=status,
            headers={"WWW-Authenticate": f"Bearer {', '.join(parts)}", "Cache-Control": "no-store"},
        )


def _unavailable(trouble: HubUnavailable) -> Response:
    """503 and no challenge: a 401 would send the client away to sign in again for a token that may be fine.

    The body is a JSON-RPC error, which MCP clients show to a person where they would hide any other body.
    """
    message = f"{trouble} Try again in a moment; there is no need to sign in again."
    return JSONResponse(
        {"jsonrpc": "2.0", "id": None, "error": {"code": _INTERNAL_ERROR, "message": message}},
        status_code=503,
        headers={"Retry-After": "5", "Cache-Control": "no-store"},
    )
