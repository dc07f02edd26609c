"""An OpenID provider on a real socket whose every answer a test may replace, to see what the gateway makes of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import attrs
from joserfc import jws
from joserfc.jwk import Key, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pip_hub.domain.connector import (
    ConnectorSpec,
    OpenIdSpec,
    OrganisationsSpec,
    RefreshSpec,
    RevokeRadius,
    RevokeSpec,
    TokenAuth,
)
from pip_hub.domain.identifiers import ConnectorKey, ProviderKey
from pip_hub.domain.permission import Level, ScopeRules
from pip_hub.domain.scope import Scopes
from tests.support.loopback import listener, serving, url_of

CLIENT_ID = "an-id"
CLIENT_SECRET = "the-client-secret"
NONCE = "the-nonce"
KEY = RSAKey.generate_key(2048, {"kid": "first"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "second"})

Reply = Callable[[], Response]


@attrs.frozen
class Asked:
    """One request that arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    form: Mapping[str, str]


@attrs.define
class OddProvider:
    """Honest until a test says otherwise: `replies[endpoint]` takes the place of the honest answer.

    Endpoints are `token`, `keys`, `organisations`, `organisation` and `revoke`.
    """

    url: str
    now: datetime
    replies: dict[str, list[Reply] | Reply] = attrs.field(factory=dict)
    asked: list[Asked] = attrs.field(factory=list)
    signing_key: Key = KEY
    published: list[Key] = attrs.field(factory=lambda: [KEY])
    header: dict[str, Any] = attrs.field(factory=dict)
    claims: dict[str, Any] = attrs.field(factory=dict)
    """Changes to the ID token; a claim that is None is left out."""
    token: dict[str, Any] = attrs.field(factory=dict)
    """Changes to the token answer; a field that is None is left out."""
    organisations: list[object] = attrs.field(factory=list)

    def spec(self, **changes: Any) -> ConnectorSpec:
        """A connector at this provider."""
        return attrs.evolve(
            ConnectorSpec(
                key=ConnectorKey("odd"),
                name="Odd",
                pitch="Anything",
                icon="odd",
                provider=ProviderKey("odd"),
                provider_name="Odd",
                available=True,
                authorize_url=f"{self.url}/authorize",
                token_url=f"{self.url}/token",
                token_auth=TokenAuth.POST,
                pkce=True,
                scopes=ScopeRules(
                    identity=Scopes.of("openid", "email"),
                    levels={Level.READ: Scopes.of("things.read"), Level.WRITE: Scopes.of("things")},
                    aliases={"https://odd.example/email": "email"},
                    implies={"things": Scopes.of("things.read")},
                ),
                revoke=RevokeSpec(url=f"{self.url}/revoke", radius=RevokeRadius.GRANT),
                openid=OpenIdSpec(issuers=(self.url,), jwks_url=f"{self.url}/keys", algorithms=("RS256",)),
                refresh=RefreshSpec(rotates=False, narrows=True, idle=timedelta(days=180)),
            ),
            **changes,
        )

    def spec_with_organisations(self, **changes: Any) -> ConnectorSpec:
        """The same, with organisations to choose from."""
        organisations = OrganisationsSpec(
            list_url=f"{self.url}/organisations",
            delete_url=f"{self.url}/organisations/{{id}}",
            id_field="tenantId",
            name_field="tenantName",
            connection_field="id",
            event_field="authEventId",
            event_claim="authentication_event_id",
            only={"tenantType": "ORGANISATION"},
        )
        refresh = RefreshSpec(rotates=True, narrows=False, idle=timedelta(days=60))
        return self.spec(**{"organisations": organisations, "refresh": refresh, **changes})

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(asked.path == path for asked in self.asked)

    def id_token(self) -> str:
        """The ID token as it stands."""
        seconds = int(self.now.timestamp())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": "subject-1",
            "email": "owner@example.com",
            "nonce": NONCE,
            "iat": seconds,
            "exp": seconds + 300,
            **self.claims,
        }
        header = {"alg": "RS256", "kid": self.signing_key.kid, **self.header}
        return signed(json.dumps(_without_none(claims)), _without_none(header), self.signing_key)

    def reply(self, endpoint: str) -> Response:
        """What the endpoint answers this time."""
        told = self.replies.get(endpoint)
        if isinstance(told, list):
            told = told.pop(0) if told else None
        if told is not None:
            return told()
        match endpoint:
            case "token":
                honest = {
                    "access_token": "the-access-token",
                    "token_type": "Bearer",
                    "expires_in": 1800,
                    "refresh_token": "the-refresh-token",
                    "scope": "openid email things.read",
                    "id_token": self.id_token(),
                }
                return JSONResponse(_without_none({**honest, **self.token}))
            case "keys":
                return JSONResponse({"keys": [key.as_dict(private=False) for key in self.published]})
            case "organisations":
                return JSONResponse(self.organisations)
            case "organisation":
                return Response(status_code=204)
            case _:
                return Response()


@asynccontextmanager
async def running_odd_provider(now: datetime) -> AsyncIterator[OddProvider]:
    """Serve a provider on a free port."""
    with listener() as bound:
        provider = OddProvider(url_of(bound), now)

        def route(path: str, name: str, method: str) -> Route:
            async def endpoint(request: Request) -> Response:
                form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
                raw_path = request.scope["raw_path"].decode()
                provider.asked.append(Asked(request.method, raw_path, dict(request.headers), form))
                return provider.reply(name)

            return Route(path, endpoint, methods=[method])

        routes = [
            route("/token", "token", "POST"),
            route("/keys", "keys", "GET"),
            route("/organisations", "organisations", "GET"),
            route("/organisations/{id:path}", "organisation", "DELETE"),
            route("/revoke", "revoke", "POST"),
            route("/elsewhere", "elsewhere", "POST"),
        ]
        async with serving(Starlette(routes=routes), bound):
            yield provider


def replying(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer: bytes and text as they are, everything else as JSON without headers."""
    if isinstance(content, bytes | str):
        return lambda: Response(content, status, headers)
    return lambda: Response(json.dumps(content), status, {"Content-Type": "application/json"})


def jwt_of(claims: Mapping[str, object]) -> str:
    """An access token that is a JWT with these claims."""
    return signed(json.dumps(claims), {"alg": "RS256"}, KEY)


def signed(payload: str, header: Mapping[str, Any], key: Key) -> str:
    """A signed text, whether it makes sense or not."""
    return jws.serialize_compact(dict(header), payload, key, algorithms=[header["alg"]])


def _without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
