"""Xero's token and revocation endpoints."""

from __future__ import annotations

from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.sandbox import lifetimes
from pip_hub.adapters.sandbox.config import XeroApp
from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.reading import Params, credentials_of, secret_fits, token_form_of
from pip_hub.adapters.sandbox.records import Code, RefreshToken
from pip_hub.adapters.sandbox.refusals import OAuthRefused
from pip_hub.adapters.sandbox.tokens import fresh_id, fresh_value, verifier_fits
from pip_hub.adapters.sandbox.xero.claims import access_token, id_token
from pip_hub.adapters.sandbox.xero.tenants import end_token_sets, forget_user

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@attrs.frozen(kw_only=True)
class XeroToken:
    """`/xero/connect/token` and `/xero/connect/revocation`."""

    sandbox: Sandbox

    async def token(self, http: Request) -> Response:
        """POST: a code or a refresh token for a new set of tokens."""
        form = await token_form_of(http)
        app = self._authenticated(http, form)
        match form.one("grant_type"):
            case "authorization_code":
                answer = self._redeem(app, form)
            case "refresh_token":
                answer = self._refresh(app, form)
            case _:
                raise OAuthRefused("unsupported_grant_type")
        return JSONResponse(answer, headers=NO_STORE)

    async def revoke(self, http: Request) -> Response:
        """POST: end all that hangs on a refresh token, organisations too; an unknown one is fine (RFC 7009 2.2)."""
        form = await token_form_of(http)
        app = self._authenticated(http, form)
        value = form.one("token")
        if value is None:
            raise OAuthRefused("invalid_request")
        with self.sandbox.store.changing() as state:
            token = state.xero.refresh_tokens.get(value)
            if token is not None and token.client_id == app.client_id:
                forget_user(state.xero, app.client_id, token.subject)
        return Response(headers=NO_STORE)

    def _authenticated(self, http: Request, form: Params) -> XeroApp:
        credentials = credentials_of(http, form)
        app = self.sandbox.config.xero_app(credentials.client_id) if credentials else None
        if credentials is None or app is None:
            raise OAuthRefused("invalid_client")
        if not secret_fits(credentials.client_secret, app.client_secret):
            raise OAuthRefused("invalid_client")
        return app

    def _redeem(self, app: XeroApp, form: Params) -> dict[str, Any]:
        now = self.sandbox.store.now()
        with self.sandbox.store.changing() as state:
            code = state.xero.codes.get(form.one("code") or "")
            if code is None or not _may_redeem(code, app, form, now):
                raise OAuthRefused("invalid_grant")
            del state.xero.codes[code.value]
            if app.one_token_set:
                end_token_sets(state.xero, app.client_id, code.subject)
            return self._issue(code, now, nonce=code.nonce, refreshable=code.refreshable)

    def _refresh(self, app: XeroApp, form: Params) -> dict[str, Any]:
        now = self.sandbox.store.now()
        with self.sandbox.store.changing() as state:
            token = state.xero.refresh_tokens.get(form.one("refresh_token") or "")
            if token is None or token.client_id != app.client_id or not lifetimes.xero_refresh_token_lives(token, now):
                raise OAuthRefused("invalid_grant")
            if not set(token.scopes) >= set(form.words("scope")):
                raise OAuthRefused("invalid_scope")
            # The half hour runs from the first refresh: asking again does not prolong it.
            spent = attrs.evolve(token, last_used_at=now, replaced_at=token.replaced_at or now)
            state.xero.refresh_tokens[token.value] = spent
            return self._issue(token, now, nonce=None, refreshable=True)

    def _issue(
        self, source: Code | RefreshToken, now: float, *, nonce: str | None, refreshable: bool
    ) -> dict[str, Any]:
        access = access_token(self.sandbox, source, now)
        answer: dict[str, Any] = {
            "access_token": access,
            "expires_in": lifetimes.XERO_ACCESS_TOKEN,
            "token_type": "Bearer",
            "scope": " ".join(source.scopes),
        }
        if "openid" in source.scopes:
            answer["id_token"] = id_token(self.sandbox, source, access, nonce, now)
        if refreshable:
            answer["refresh_token"] = self._new_refresh_token(source, now)
        return answer

    def _new_refresh_token(self, source: Code | RefreshToken, now: float) -> str:
        token = RefreshToken(
            id=fresh_id(),
            value=fresh_value(),
            client_id=source.client_id,
            subject=source.subject,
            scopes=source.scopes,
            issued_at=now,
            last_used_at=now,
            auth_event_id=source.auth_event_id,
        )
        self.sandbox.store.state.xero.refresh_tokens[token.value] = token
        return token.value


def _may_redeem(code: Code, app: XeroApp, form: Params, now: float) -> bool:
    return (
        code.client_id == app.client_id
        and code.redirect_uri == form.one("redirect_uri")
        and lifetimes.code_lives(code, now)
        and verifier_fits(code.code_challenge, form.one("code_verifier"))
    )
