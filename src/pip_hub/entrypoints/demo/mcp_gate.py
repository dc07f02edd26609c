"""The door of the MCP endpoint: bearer tokens in, challenges out (RFC 6750, RFC 9728 5).

`pip_hub.mcp` checks the token; this door is stricter and says more than the SDK's own, as a client would meet it at
many a real server.
"""

from typing import Final

import attrs
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pip_hub.entrypoints.demo.mcp_config import DemoMcpConfig
from pip_hub.mcp import HubAccessToken, HubRefused, HubTokenVerifier, HubUnavailable, answer_to

_USER: Final = "user"
"""The key in the ASGI scope under which the SDK, and so a tool, finds the `AuthenticatedUser`."""


@attrs.frozen(kw_only=True)
class BearerGate:
    """Let a request through to the MCP endpoint only with a token that is good there."""

    app: ASGIApp
    verifier: HubTokenVerifier
    config: DemoMcpConfig

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its user in the scope, or answer it here."""
        outcome = await self._judge(Request(scope))
        if isinstance(outcome, Response):
            await outcome(scope, receive, send)
            return
        await self.app({**scope, _USER: AuthenticatedUser(outcome)}, receive, send)

    async def _judge(self, request: Request) -> HubAccessToken | Response:
        headers = request.headers.getlist("authorization")
        if len(headers) > 1:
            return self._challenge(400, "invalid_request", "There is more than one Authorization header.")
        scheme, _, token = (headers[0] if headers else "").partition(" ")
        if scheme.lower() != "bearer":
            # RFC 6750 3.1: a request without any token is told what to do, not that it did something wrong.
            return self._challenge(401, None, "Sign in first: this server needs an access token from its hub.")
        try:
            access = await self.verifier.verify_token(token.strip())
        except (HubUnavailable, HubRefused) as trouble:
            return answer_to(trouble)
        if access is None:
            return self._challenge(
                401, "invalid_token", "The access token is unknown, expired, revoked or not for here."
            )
        if not set(self.config.scopes) <= set(access.scopes):
            return self._challenge(403, "insufficient_scope", "The access token does not reach far enough.")
        return access

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
