"""`POST /oauth/introspect` (RFC 7662), for MCP servers."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.web.json_errors import never_stored
from pip_hub.adapters.web.oauth.client_authentication import of_resource, read_credentials
from pip_hub.adapters.web.oauth.reading import read_form
from pip_hub.application.policy import Policy
from pip_hub.application.tokens.introspect_token import (
    ActiveToken,
    ConnectorState,
    IntrospectToken,
    IntrospectTokenCommand,
)


@attrs.frozen(kw_only=True)
class IntrospectEndpoint:
    """Tells a resource about a token; one that is not for this resource is as inactive as one that never was."""

    introspect_token: IntrospectToken
    policy: Policy

    async def post(self, request: Request) -> Response:
        form = await read_form(request)
        credentials = read_credentials(request, form)
        token = await self.introspect_token(
            IntrospectTokenCommand(credentials=of_resource(credentials), token=form.secret("token"))
        )
        return never_stored({"active": False} if token is None else _members(token, self.policy.issuer))


def _members(token: ActiveToken, issuer: str) -> dict[str, object]:
    """RFC 7662 2.2, and `connectors`, our own."""
    return {
        "active": True,
        "sub": token.user_id,
        "username": token.email,
        "client_id": token.client_id,
        "scope": token.scopes.format(),
        "aud": token.resource,
        "iss": issuer,
        "iat": int(token.issued_at.timestamp()),
        "exp": int(token.expires_at.timestamp()),
        "token_type": "Bearer",
        "connectors": {state.key: _connector(state) for state in token.connectors},
    }


def _connector(state: ConnectorState) -> dict[str, object]:
    return {"name": state.name, "status": state.status, "account": state.account, "level": state.level}
