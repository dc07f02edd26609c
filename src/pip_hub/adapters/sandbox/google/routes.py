"""Every address of Google's, below `/google`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.endpoints import Handler, controlled
from pip_hub.adapters.sandbox.google.authorize import GoogleAuthorize
from pip_hub.adapters.sandbox.google.gmail import GmailApi
from pip_hub.adapters.sandbox.google.sheets import SheetsApi
from pip_hub.adapters.sandbox.google.token import GoogleToken
from pip_hub.adapters.sandbox.google.userinfo import GoogleUserinfo
from pip_hub.adapters.sandbox.signing import ALGORITHM

AUTHORIZE = "/google/o/oauth2/v2/auth"
CERTS = "/google/oauth2/v3/certs"
MESSAGES = "/google/gmail/v1/users/me/messages"
SHEET = "/google/v4/spreadsheets/{spreadsheet_id}/values/{range}"


def google_routes(sandbox: Sandbox) -> list[Route]:
    """Google's routes, each under the name it can be counted and disturbed by."""
    authorize, token = GoogleAuthorize(sandbox=sandbox), GoogleToken(sandbox=sandbox)
    gmail, sheets, userinfo = GmailApi(sandbox=sandbox), SheetsApi(sandbox=sandbox), GoogleUserinfo(sandbox=sandbox)

    async def discovery(_http: Request) -> Response:
        return JSONResponse(_metadata(sandbox))

    async def certs(_http: Request) -> Response:
        return JSONResponse(sandbox.signer.public_keys("google"))

    def route(path: str, name: str, handler: Handler, method: str = "GET") -> Route:
        return Route(path, controlled(sandbox.board, name, handler), methods=[method])

    return [
        route(AUTHORIZE, "google.authorize", authorize.start),
        Route(f"{AUTHORIZE}/consent", authorize.consent, methods=["GET"]),
        Route(f"{AUTHORIZE}/consent", authorize.decide, methods=["POST"]),
        route("/google/token", "google.token", token.token, "POST"),
        route("/google/revoke", "google.revoke", token.revoke, "POST"),
        route("/google/v1/userinfo", "google.userinfo", userinfo.userinfo),
        route("/google/.well-known/openid-configuration", "google.discovery", discovery),
        route(CERTS, "google.certs", certs),
        route(MESSAGES, "google.messages", gmail.messages),
        route(f"{MESSAGES}/{{message_id}}", "google.message", gmail.message),
        route(f"{SHEET}:append", "google.sheet_append", sheets.append, "POST"),
        route(SHEET, "google.sheet_values", sheets.values),
    ]


def _metadata(sandbox: Sandbox) -> dict[str, object]:
    base, issuer = sandbox.config.public_url, sandbox.issuer("google")
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{base}{AUTHORIZE}",
        "token_endpoint": f"{issuer}/token",
        "revocation_endpoint": f"{issuer}/revoke",
        "userinfo_endpoint": f"{issuer}/v1/userinfo",
        "jwks_uri": f"{base}{CERTS}",
        "scopes_supported": ["openid", "email", "profile"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
    }
