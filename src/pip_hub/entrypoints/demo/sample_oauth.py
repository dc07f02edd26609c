"""Signing in at the hub as an OAuth 2.1 client: out with PKCE, back with a code, tokens for the code."""

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import attrs
import httpx2

from pip_hub.entrypoints.demo.sample_discovery import find_issuer, find_server, knock, register
from pip_hub.entrypoints.demo.sample_store import Registration, SignIn, Tokens
from pip_hub.entrypoints.demo.sample_trail import (
    AccessEnded,
    RegistrationGone,
    SampleTrouble,
    Trail,
    json_object,
    text,
)

_REFUSALS: Final = {
    "access_denied": "You said no in the hub, so nothing was connected. You can try again whenever you like.",
    "invalid_request": "The hub found a mistake in the request.",
    "invalid_scope": "The hub does not give out what was asked for.",
    "invalid_target": "The hub does not issue tokens for this MCP server.",
    "server_error": "Something went wrong in the hub. Please try again.",
    "temporarily_unavailable": "The hub is busy. Please try again in a moment.",
    "unauthorized_client": "The hub does not let this client sign people in.",
}
"""RFC 6749 4.1.2.1 and RFC 8707 2 in plain words."""


@attrs.frozen(kw_only=True)
class Departure:
    """A sign-in that begins: send the browser to `url`, remember `sign_in` until it comes back."""

    sign_in: SignIn
    url: str


async def set_out(trail: Trail, mcp_url: str, redirect_uri: str, known: Registration | None) -> Departure:
    """Find the hub, register there unless it knows us already, and make an authorization request.

    Raises:
        SampleTrouble: one of the steps did not work; the trail shows how far it came.
    """
    challenge = await knock(trail, mcp_url)
    issuer = await find_issuer(trail, challenge, mcp_url)
    server = await find_server(trail, issuer, mcp_url)
    registration = known
    if registration is None or (registration.issuer, registration.redirect_uri) != (issuer, redirect_uri):
        registration = await register(trail, server, redirect_uri=redirect_uri, scope=challenge.scope)
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
    query = {
        "response_type": "code",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "code_challenge": _s256(verifier),
        "code_challenge_method": "S256",
        "resource": mcp_url,
    }
    if challenge.scope is not None:
        query["scope"] = challenge.scope
    separator = "&" if "?" in server.authorization_endpoint else "?"
    return Departure(
        sign_in=SignIn(state=state, verifier=verifier, resource=mcp_url, server=server, registration=registration),
        url=f"{server.authorization_endpoint}{separator}{urlencode(query)}",
    )


def code_from(answer: Mapping[str, str], sign_in: SignIn) -> str:
    """The code in the hub's answer to this sign-in.

    Raises:
        SampleTrouble: the answer comes from somebody else (RFC 9207), is a refusal, or holds no code.
    """
    issuer = answer.get("iss")
    if issuer != sign_in.server.issuer and (issuer is not None or sign_in.server.sends_issuer):
        raise SampleTrouble("The answer does not come from the hub that was asked, so it was thrown away.")
    if "error" in answer:
        raise SampleTrouble(_REFUSALS.get(answer["error"], "The hub answered with an error this client doesn't know."))
    code = answer.get("code")
    if not code:
        raise SampleTrouble("The hub's answer holds no code.")
    return code


async def redeem(trail: Trail, sign_in: SignIn, code: str) -> Tokens:
    """Exchange the code for tokens.

    Raises:
        SampleTrouble: the hub refuses.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": sign_in.registration.redirect_uri,
        "client_id": sign_in.registration.client_id,
        "code_verifier": sign_in.verifier,
        "resource": sign_in.resource,
    }
    answer = await _ask_for_tokens(trail, "Exchange the code for tokens", sign_in.server.token_endpoint, form)
    return _tokens(answer, sign_in)


async def renew(trail: Trail, tokens: Tokens) -> Tokens:
    """Get a new access token for the refresh token.

    Raises:
        SampleTrouble: there is no refresh token, or the hub refuses; `AccessEnded` if it will go on refusing.
    """
    if tokens.refresh_token is None:
        raise SampleTrouble("The hub gave no refresh token, so connect again instead.")
    form = {
        "grant_type": "refresh_token",
        "refresh_token": tokens.refresh_token,
        "client_id": tokens.registration.client_id,
        "resource": tokens.resource,
    }
    answer = await _ask_for_tokens(trail, "Refresh the access token", tokens.server.token_endpoint, form)
    return _tokens(answer, tokens)


async def give_back(trail: Trail, tokens: Tokens) -> None:
    """Tell the hub that nobody will use these tokens any more (RFC 7009), if it has an ear for it.

    Raises:
        SampleTrouble: the hub is not there.
    """
    if tokens.server.revocation_endpoint is None:
        return
    form = {"token": tokens.refresh_token or tokens.access_token, "client_id": tokens.registration.client_id}
    await trail.send("Give the tokens back", "POST", tokens.server.revocation_endpoint, form=form)


async def _ask_for_tokens(trail: Trail, about: str, endpoint: str, form: dict[str, str]) -> dict[str, object]:
    response = await trail.send(about, "POST", endpoint, form=form)
    if response.status_code >= httpx2.codes.INTERNAL_SERVER_ERROR:
        raise SampleTrouble("The hub is in trouble and gave no tokens. Please try again in a moment.")
    document = json_object(response)
    match document.get("error"):
        case None if response.status_code == httpx2.codes.OK:
            return document
        case "invalid_grant":
            raise AccessEnded("The hub says that this access has ended. Connect again to get a new one.")
        case "invalid_client":
            raise RegistrationGone("The hub no longer knows this client. Connect again to register anew.")
        case _:
            raise SampleTrouble("The hub refused to give out tokens.")


def _tokens(answer: dict[str, object], before: SignIn | Tokens) -> Tokens:
    """What RFC 6749 5.1 says about a token answer; what a refresh leaves out stays as it was (section 6)."""
    access_token, token_type = text(answer, "access_token"), text(answer, "token_type") or ""
    if access_token is None or token_type.lower() != "bearer":
        raise SampleTrouble("The hub's answer holds no bearer token.")
    lifetime = answer.get("expires_in")
    kept = before if isinstance(before, Tokens) else None
    return Tokens(
        access_token=access_token,
        refresh_token=text(answer, "refresh_token") or (kept.refresh_token if kept else None),
        expires_at=int(time.time()) + lifetime if isinstance(lifetime, int) else None,
        scope=text(answer, "scope") or (kept.scope if kept else None),
        resource=before.resource,
        server=before.server,
        registration=before.registration,
    )


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
