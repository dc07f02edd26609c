"""An app registered with the sandbox, as plain HTTP: what the hub will do, without any of the hub's code."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

import attrs
import httpx2
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support.sandbox import HUB_URL, RunningSandbox, param

VERIFIER = "a-verifier-of-forty-three-characters-or-more-012"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
WITH_PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}

XERO_SCOPE = "openid profile email offline_access accounting.settings.read accounting.invoices.read"
GMAIL = "https://www.googleapis.com/auth/gmail.readonly"
GMAIL_WRITE = "https://www.googleapis.com/auth/gmail.modify"
SHEETS = "https://www.googleapis.com/auth/spreadsheets.readonly"
SHEETS_WRITE = "https://www.googleapis.com/auth/spreadsheets"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
GOOGLE_SCOPE = f"openid email {GMAIL} {SHEETS}"


@attrs.frozen(kw_only=True)
class App:
    """One client of one provider. Keyword arguments replace parameters; None leaves one out."""

    sandbox: RunningSandbox
    provider: str
    client_id: str
    client_secret: str | None
    redirect_uri: str
    authorize_path: str
    token_path: str
    defaults: dict[str, str]

    def authorize_url(self, **changes: str | None) -> str:
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "state": "the-state",
            **self.defaults,
            **changes,
        }
        return f"{self.sandbox.url}{self.authorize_path}?{urlencode({k: v for k, v in asked.items() if v is not None})}"

    async def code(self, *, account: str = "alex@example.com", organisation: str | None = None, **asked: str) -> str:
        url = self.authorize_url(**asked)
        callback = await self.sandbox.person.grant(url, account=account, organisation=organisation)
        code = param(callback, "code")
        assert code is not None, callback
        return code

    async def redeem(self, code: str, /, **changes: str | None) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        return await self.token(**{**form, **changes})

    async def refresh(self, refresh_token: str, **changes: str | None) -> httpx2.Response:
        return await self.token(**{"grant_type": "refresh_token", "refresh_token": refresh_token, **changes})

    async def token(self, **form: str | None) -> httpx2.Response:
        full = {"client_id": self.client_id, "client_secret": self.client_secret, **form}
        return await self.sandbox.http.post(self.token_path, data={k: v for k, v in full.items() if v is not None})

    async def connect(
        self, *, account: str = "alex@example.com", organisation: str | None = None, **asked: str
    ) -> dict[str, Any]:
        response = await self.redeem(await self.code(account=account, organisation=organisation, **asked))
        assert response.status_code == 200, response.text
        tokens: dict[str, Any] = response.json()
        return tokens

    async def claims(self, token: str) -> dict[str, Any]:
        """What a signed token says, checked with the keys the provider publishes."""
        metadata = (await self.sandbox.http.get(f"/{self.provider}/.well-known/openid-configuration")).json()
        keys = KeySet.import_key_set((await self.sandbox.http.get(metadata["jwks_uri"])).json())
        return jwt.decode(token, keys, algorithms=["RS256"]).claims

    async def get(self, path: str, token: str, **headers: str) -> httpx2.Response:
        return await self.sandbox.http.get(path, headers={"Authorization": f"Bearer {token}", **headers})

    async def connections(self, token: str, **query: str) -> list[dict[str, Any]]:
        response = await self.get(f"/xero/connections?{urlencode(query)}", token)
        assert response.status_code == 200, response.text
        rows: list[dict[str, Any]] = response.json()
        return rows


def xero_app(sandbox: RunningSandbox) -> App:
    registered = sandbox.config.xero_apps[0]
    return App(
        sandbox=sandbox,
        provider="xero",
        client_id=registered.client_id,
        client_secret=registered.client_secret,
        redirect_uri=f"{HUB_URL}/integrations/xero/callback",
        authorize_path="/xero/identity/connect/authorize",
        token_path="/xero/connect/token",
        defaults={"scope": XERO_SCOPE},
    )


def google_app(sandbox: RunningSandbox, *, client: int = 0) -> App:
    registered = sandbox.config.google_projects[0].clients[client]
    return App(
        sandbox=sandbox,
        provider="google",
        client_id=registered.client_id,
        client_secret=registered.client_secret,
        redirect_uri=f"{HUB_URL}/integrations/gmail/callback",
        authorize_path="/google/o/oauth2/v2/auth",
        token_path="/google/token",
        defaults={"scope": GOOGLE_SCOPE, "access_type": "offline", "prompt": "consent select_account"},
    )
