"""A small authorization server that stands in for the hub: the real OAuth wire, one user, no pages, no storage.

Its `/oauth/authorize` answers at once, with a code or with what a test told it to answer. It is strict where clients
must be right (exact redirect URI, PKCE, resource, client authentication) and can be told to misbehave.
"""

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import unquote, urlencode

import attrs
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.integration.demo.stand_in_exchange import GRANT_TYPE, Exchange

RESOURCE_ID = "demo-mcp/1"
RESOURCE_SECRET = "resource secret: 100%"
CONNECTORS: dict[str, Any] = {
    "xero": {"name": "Xero", "status": "connected", "account": "Demo Company (AU)", "level": "read"},
    "gmail": {"name": "Gmail", "status": "not_connected", "account": None, "level": None},
    "google_sheets": {"name": "Google Sheets", "status": "not_connected", "account": None, "level": None},
}


@attrs.define(kw_only=True)
class StandInHub:
    """The stand-in, and the levers a test pulls."""

    issuer: str
    resource: str
    decline_with: str | None = None
    answer_overrides: dict[str, str] = attrs.field(factory=dict)
    metadata_overrides: dict[str, object] = attrs.field(factory=dict)
    registration_overrides: dict[str, object] = attrs.field(factory=dict)
    token_overrides: dict[str, object] = attrs.field(factory=dict)
    token_answer: Response | None = None
    token_cookies: dict[str, str] = attrs.field(factory=dict)
    cookies_seen_at_token: list[dict[str, str]] = attrs.field(factory=list)
    introspection_overrides: dict[str, object] = attrs.field(factory=dict)
    introspection_answer: Response | None = None
    username: str = "user@example.com"
    connectors: dict[str, Any] = attrs.field(factory=lambda: dict(CONNECTORS))
    exchange: Exchange = attrs.field(factory=Exchange)
    granted_scope: str | None = None
    introspected: int = 0
    clients: dict[str, dict[str, Any]] = attrs.field(factory=dict)
    codes: dict[str, dict[str, str]] = attrs.field(factory=dict)
    access: dict[str, dict[str, str]] = attrs.field(factory=dict)
    refresh: dict[str, dict[str, str]] = attrs.field(factory=dict)
    revoked: list[str] = attrs.field(factory=list)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/oauth-authorization-server", self.metadata),
                Route("/oauth/register", self.register, methods=["POST"]),
                Route("/oauth/authorize", self.authorize),
                Route("/oauth/token", self.token, methods=["POST"]),
                Route("/oauth/introspect", self.introspect, methods=["POST"]),
                Route("/oauth/revoke", self.revoke, methods=["POST"]),
            ]
        )

    def issue(self, *, scope: str = "mcp", resource: str | None = None, client_id: str = "a-client") -> str:
        """An access token without the way there."""
        token = secrets.token_urlsafe(32)
        self.access[token] = {"client_id": client_id, "scope": scope, "resource": resource or self.resource}
        return token

    async def metadata(self, _request: Request) -> Response:
        document: dict[str, object] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/oauth/authorize",
            "token_endpoint": f"{self.issuer}/oauth/token",
            "registration_endpoint": f"{self.issuer}/oauth/register",
            "revocation_endpoint": f"{self.issuer}/oauth/revoke",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return JSONResponse({**document, **self.metadata_overrides})

    async def register(self, request: Request) -> Response:
        asked = await request.json()
        client: dict[str, Any] = {**asked, "client_id": f"client-{len(self.clients) + 1}"} | self.registration_overrides
        if client.setdefault("token_endpoint_auth_method", "client_secret_basic") != "none":
            client["client_secret"] = secrets.token_urlsafe(16)
        self.clients[client["client_id"]] = client
        return JSONResponse(client, status_code=201)

    async def authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        client = self.clients.get(query.get("client_id", ""))
        if client is None or query.get("redirect_uri") not in client["redirect_uris"]:
            return PlainTextResponse("unknown client or redirect URI", status_code=400)
        answer = {"state": query["state"], "iss": self.issuer}
        if self.decline_with is not None:
            answer["error"] = self.decline_with
        elif (query["code_challenge_method"], query["resource"]) != ("S256", self.resource):
            answer["error"] = "invalid_request"
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self.codes[answer["code"]] = query
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(answer | self.answer_overrides)}", status_code=303)

    async def token(self, request: Request) -> Response:
        self.cookies_seen_at_token.append(dict(request.cookies))
        if self.token_answer is not None:
            return self.token_answer
        form = await request.form()
        if form.get("grant_type") == GRANT_TYPE:
            return self._exchange(request, form)
        client = self.clients.get(str(form.get("client_id")))
        if client is None or not _authenticated(request, client):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        held = self._held(form)
        if held is None or held["client_id"] != client["client_id"]:
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        access_token, refresh_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.access[access_token] = self.refresh[refresh_token] = held
        answer = {
            "access_token": access_token,
            "refresh_token": refresh_token,
            "token_type": "bearer",
            "expires_in": 3600,
            "scope": held["scope"],
        }
        # Escaped, as a hub may: JSON can spell what UTF-8 can't.
        response = Response(json.dumps(answer | self.token_overrides), media_type="application/json")
        for name, value in self.token_cookies.items():
            response.set_cookie(name, value)
        return response

    def _exchange(self, request: Request, form: FormData) -> Response:
        if _basic(request) != (RESOURCE_ID, RESOURCE_SECRET):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        held = self.access.get(str(form.get("subject_token")))
        is_live = held is not None and held["resource"] == self.resource
        return self.exchange.answer(form, is_live=is_live, connect_page=f"{self.issuer}/integrations")

    def _held(self, form: FormData) -> dict[str, str] | None:
        """What a code or a refresh token stands for; each is spent by asking."""
        if form.get("grant_type") == "refresh_token":
            return self.refresh.pop(str(form.get("refresh_token")), None)
        query = self.codes.pop(str(form.get("code")), None)
        digest = hashlib.sha256(str(form.get("code_verifier")).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if query is None or query["code_challenge"] != challenge or query["redirect_uri"] != form.get("redirect_uri"):
            return None
        scope = self.granted_scope or query.get("scope", "mcp")
        return {"client_id": query["client_id"], "scope": scope, "resource": query["resource"]}

    async def introspect(self, request: Request) -> Response:
        self.introspected += 1
        if _basic(request) != (RESOURCE_ID, RESOURCE_SECRET):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        if self.introspection_answer is not None:
            return self.introspection_answer
        held = self.access.get(str((await request.form()).get("token")))
        if held is None:
            return JSONResponse({"active": False})
        answer = {
            "active": True,
            "sub": "user-1",
            "username": self.username,
            "client_id": held["client_id"],
            "scope": held["scope"],
            "aud": held["resource"],
            "iss": self.issuer,
            "token_type": "Bearer",
            "connectors": self.connectors,
        }
        return JSONResponse({**answer, **self.introspection_overrides})

    async def revoke(self, request: Request) -> Response:
        self.revoked.append(str((await request.form()).get("token")))
        return Response()


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme != "Basic":
        return None
    name, _, secret = base64.b64decode(value).decode().partition(":")
    return unquote(name), unquote(secret)


def _authenticated(request: Request, client: dict[str, Any]) -> bool:
    if client["token_endpoint_auth_method"] == "none":
        return _basic(request) is None
    return _basic(request) == (client["client_id"], client["client_secret"])
