"""An MCP client of the plainest kind: it registers, sends people to the hub, and redeems what they bring back."""

import base64
import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode

import attrs
import httpx2

PATIENCE = 60.0
"""Seconds for an answer of the hub, whose workers may just be starting again."""


@attrs.frozen(kw_only=True)
class SentOut:
    """One authorization request: the address to open, and what the client keeps to itself."""

    url: str
    state: str
    verifier: str


@attrs.frozen(kw_only=True)
class ClientApp:
    """A registered public client."""

    hub: str
    resource: str
    redirect_uri: str
    client_id: str

    def send_out(self) -> SentOut:
        """Begin a sign-in."""
        state, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "resource": self.resource,
        }
        return SentOut(url=f"{self.hub}/oauth/authorize?{urlencode(query)}", state=state, verifier=verifier)

    async def redeem(self, code: str, sent_out: SentOut) -> httpx2.Response:
        """Ask for the tokens of a code."""
        return await self._token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.redirect_uri,
            code_verifier=sent_out.verifier,
        )

    async def refresh(self, refresh_token: str) -> httpx2.Response:
        """Ask for new tokens."""
        return await self._token(grant_type="refresh_token", refresh_token=refresh_token)

    async def _token(self, **form: str) -> httpx2.Response:
        async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
            return await http.post(
                f"{self.hub}/oauth/token", data={"client_id": self.client_id, "resource": self.resource, **form}
            )


async def register_client(hub: str, resource: str, redirect_uri: str, name: str = "Test client") -> ClientApp:
    """Register at the hub (RFC 7591) for one redirect URI."""
    asked: dict[str, Any] = {
        "client_name": name,
        "redirect_uris": [redirect_uri],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    }
    async with httpx2.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
        response = await http.post(f"{hub}/oauth/register", json=asked)
    assert response.status_code == 201, response.text
    return ClientApp(hub=hub, resource=resource, redirect_uri=redirect_uri, client_id=response.json()["client_id"])
