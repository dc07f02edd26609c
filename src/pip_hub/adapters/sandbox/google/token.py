"""Google's token and revocation endpoints."""

from __future__ import annotations

from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.sandbox import lifetimes
from pip_hub.adapters.sandbox.config import GoogleClient, Publishing
from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.google import scopes
from pip_hub.adapters.sandbox.google.claims import id_token
from pip_hub.adapters.sandbox.google.consent import forget_project
from pip_hub.adapters.sandbox.reading import Params, credentials_of, secret_fits, token_form_of
from pip_hub.adapters.sandbox.records import Code, GoogleAccessToken, RefreshToken
from pip_hub.adapters.sandbox.refusals import OAuthRefused
from pip_hub.adapters.sandbox.state import GoogleState
from pip_hub.adapters.sandbox.tokens import fresh_id, fresh_value, verifier_fits

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
MOST_REFRESH_TOKENS = 100
"""Per account and client; one more silently ends the oldest."""

_UNAUTHORIZED = 401


@attrs.frozen(kw_only=True)
class GoogleToken:
    """`/google/token` and `/google/revoke`."""

    sandbox: Sandbox

    async def token(self, http: Request) -> Response:
        """POST: a code or a refresh token for an access token."""
        form = await token_form_of(http)
        client = self._authenticated(http, form)
        match form.one("grant_type"):
            case "authorization_code":
                answer = self._redeem(client, form)
            case "refresh_token":
                answer = self._refresh(client, form)
            case _:
                raise OAuthRefused("unsupported_grant_type", "Invalid grant_type.")
        return JSONResponse(answer, headers=NO_STORE)

    async def revoke(self, http: Request) -> Response:
        """POST: end the whole grant behind an access or refresh token. Whoever holds a token may end it."""
        form = await token_form_of(http)
        value = form.one("token") or ""
        google, now = self.sandbox.store.state.google, self.sandbox.store.now()
        refresh, access = google.refresh_tokens.get(value), google.access_tokens.get(value)
        if refresh is not None and not lifetimes.google_refresh_token_lives(refresh, now):
            refresh = None
        token = refresh or (access if access is not None and now < access.expires_at else None)
        project = self.sandbox.config.google_project(token.client_id) if token else None
        if token is None or project is None:
            raise OAuthRefused("invalid_token", "Token expired or revoked")
        with self.sandbox.store.changing() as state:
            forget_project(state.google, project, token.subject)
        return JSONResponse({}, headers=NO_STORE)

    def _authenticated(self, http: Request, form: Params) -> GoogleClient:
        credentials = credentials_of(http, form)
        project = self.sandbox.config.google_project(credentials.client_id) if credentials else None
        client = project.client(credentials.client_id) if project and credentials else None
        if credentials is None or client is None:
            raise OAuthRefused("invalid_client", "The OAuth client was not found.", status=_UNAUTHORIZED)
        if not secret_fits(credentials.client_secret, client.client_secret):
            headers = {"WWW-Authenticate": "Basic"} if credentials.from_header else {}
            raise OAuthRefused("invalid_client", "Unauthorized", status=_UNAUTHORIZED, headers=headers)
        return client

    def _redeem(self, client: GoogleClient, form: Params) -> dict[str, Any]:
        now = self.sandbox.store.now()
        with self.sandbox.store.changing() as state:
            code = state.google.codes.get(form.one("code") or "")
            if code is None or code.client_id != client.client_id or not lifetimes.code_lives(code, now):
                raise OAuthRefused("invalid_grant", "Bad Request")
            if code.redirect_uri != form.one("redirect_uri"):
                raise OAuthRefused("redirect_uri_mismatch", "Bad Request")
            if not verifier_fits(code.code_challenge, form.one("code_verifier")):
                raise OAuthRefused("invalid_grant", "Invalid code verifier.")
            del state.google.codes[code.value]
            answer = self._access(state.google, code, code.scopes, now)
            if code.refreshable:
                answer["refresh_token"] = self._new_refresh_token(state.google, code, now)
            return answer

    def _refresh(self, client: GoogleClient, form: Params) -> dict[str, Any]:
        now = self.sandbox.store.now()
        with self.sandbox.store.changing() as state:
            token = state.google.refresh_tokens.get(form.one("refresh_token") or "")
            alive = token is not None and lifetimes.google_refresh_token_lives(token, now)
            if token is None or not alive or token.client_id != client.client_id:
                raise OAuthRefused("invalid_grant", "Token has been expired or revoked.")
            narrowed = scopes.normalised(form.words("scope")) or token.scopes
            if not all(scopes.covers(token.scopes, wanted) for wanted in narrowed):
                raise OAuthRefused("invalid_scope", "Some requested scopes were not granted.")
            state.google.refresh_tokens[token.value] = attrs.evolve(token, last_used_at=now)
            return self._access(state.google, token, narrowed, now)

    def _access(
        self, google: GoogleState, source: Code | RefreshToken, granted: tuple[str, ...], now: float
    ) -> dict[str, Any]:
        token = GoogleAccessToken(
            value=fresh_value("ya29.sandbox-"),
            client_id=source.client_id,
            subject=source.subject,
            scopes=granted,
            expires_at=now + lifetimes.GOOGLE_ACCESS_TOKEN,
        )
        google.access_tokens[token.value] = token
        answer: dict[str, Any] = {
            "access_token": token.value,
            "expires_in": lifetimes.GOOGLE_ACCESS_TOKEN - 1,
            "scope": " ".join(granted),
            "token_type": "Bearer",
        }
        if "openid" in granted:
            answer["id_token"] = id_token(self.sandbox, source, token, now)
        return answer

    def _new_refresh_token(self, google: GoogleState, code: Code, now: float) -> str:
        project = self.sandbox.config.google_project(code.client_id)
        in_testing = project is not None and project.publishing is Publishing.TESTING
        only_sign_in = all(scopes.is_for_sign_in(scope) for scope in code.scopes)
        token = RefreshToken(
            id=fresh_id(),
            value=fresh_value("1//0sandbox-"),
            client_id=code.client_id,
            subject=code.subject,
            scopes=code.scopes,
            issued_at=now,
            last_used_at=now,
            dies_at=now + lifetimes.GOOGLE_REFRESH_IN_TESTING if in_testing and not only_sign_in else None,
        )
        siblings = [
            one.value
            for one in google.refresh_tokens.values()
            if (one.client_id, one.subject) == (token.client_id, token.subject)
        ]
        for oldest in siblings[: max(0, len(siblings) + 1 - MOST_REFRESH_TOKENS)]:  # a dict keeps the order of issue
            del google.refresh_tokens[oldest]
        google.refresh_tokens[token.value] = token
        return token.value
