"""Every address of Xero's, below `/xero`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.endpoints import Handler, controlled
from pip_hub.adapters.sandbox.signing import ALGORITHM
from pip_hub.adapters.sandbox.xero.api import XeroApi
from pip_hub.adapters.sandbox.xero.authorize import XeroAuthorize
from pip_hub.adapters.sandbox.xero.connections import XeroConnections
from pip_hub.adapters.sandbox.xero.scopes import SCOPES
from pip_hub.adapters.sandbox.xero.token import XeroToken

AUTHORIZE = "/xero/identity/connect/authorize"
DISCOVERY = "/xero/.well-known/openid-configuration"


def xero_routes(sandbox: Sandbox) -> list[Route]:
    """Xero's routes, each under the name it can be counted and disturbed by."""
    authorize, token = XeroAuthorize(sandbox=sandbox), XeroToken(sandbox=sandbox)
    connections, api = XeroConnections(sandbox=sandbox), XeroApi(sandbox=sandbox)

    async def discovery(_http: Request) -> Response:
        return JSONResponse(_metadata(sandbox))

    async def jwks(_http: Request) -> Response:
        return JSONResponse(sandbox.signer.public_keys("xero"))

    def route(path: str, name: str, handler: Handler, method: str = "GET") -> Route:
        return Route(path, controlled(sandbox.board, name, handler), methods=[method])

    return [
        route(AUTHORIZE, "xero.authorize", authorize.start),
        Route(f"{AUTHORIZE}/organisation", authorize.choose_organisation, methods=["GET"]),
        Route(f"{AUTHORIZE}/organisation", authorize.decide, methods=["POST"]),
        route("/xero/connect/token", "xero.token", token.token, "POST"),
        route("/xero/connect/revocation", "xero.revocation", token.revoke, "POST"),
        route("/xero/connect/userinfo", "xero.userinfo", api.userinfo),
        route(DISCOVERY, "xero.discovery", discovery),
        route(f"{DISCOVERY}/jwks", "xero.jwks", jwks),
        route("/xero/connections", "xero.connections", connections.list),
        route("/xero/connections/{connection_id}", "xero.connection_delete", connections.delete, "DELETE"),
        route("/xero/api.xro/2.0/Organisation", "xero.organisation", api.organisation),
        route("/xero/api.xro/2.0/Invoices", "xero.invoices", api.invoices),
    ]


def _metadata(sandbox: Sandbox) -> dict[str, object]:
    base, issuer = sandbox.config.public_url, sandbox.issuer("xero")
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{base}{AUTHORIZE}",
        "token_endpoint": f"{issuer}/connect/token",
        "revocation_endpoint": f"{issuer}/connect/revocation",
        "userinfo_endpoint": f"{issuer}/connect/userinfo",
        "jwks_uri": f"{base}{DISCOVERY}/jwks",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "code_challenge_methods_supported": ["S256"],
    }
