"""Xero's signed tokens, written and read."""

from __future__ import annotations

from typing import Any

import attrs

from pip_hub.adapters.sandbox import lifetimes
from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.people import XeroUser
from pip_hub.adapters.sandbox.records import Code, RefreshToken
from pip_hub.adapters.sandbox.refusals import ApiRefused, OAuthRefused
from pip_hub.adapters.sandbox.tokens import at_hash, fresh_id

PROVIDER = "xero"
_UNAUTHORIZED = 401


@attrs.frozen(kw_only=True)
class XeroBearer:
    """Who an API call comes from, as its access token says."""

    client_id: str
    subject: str
    scopes: frozenset[str]


def access_token(sandbox: Sandbox, source: Code | RefreshToken, now: float) -> str:
    """A signed access token of thirty minutes. It lives that long whatever is revoked meanwhile."""
    issuer, user = sandbox.issuer(PROVIDER), _user(sandbox, source.subject)
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": f"{issuer}/resources",
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now) + lifetimes.XERO_ACCESS_TOKEN,
        "auth_time": int(now),
        "client_id": source.client_id,
        "sub": user.subject,
        "xero_userid": user.user_id,
        "jti": fresh_id(),
        "scope": list(source.scopes),
        "amr": ["pwd"],
    }
    if sandbox.store.state.xero.tells_organisation:
        claims["authentication_event_id"] = source.auth_event_id
    return sandbox.signer.sign(PROVIDER, claims)


def id_token(sandbox: Sandbox, source: Code | RefreshToken, access: str, nonce: str | None, now: float) -> str:
    """The id token beside an access token (OpenID Connect Core 2)."""
    user = _user(sandbox, source.subject)
    claims: dict[str, Any] = {
        "iss": sandbox.issuer(PROVIDER),
        "aud": source.client_id,
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now) + lifetimes.XERO_ID_TOKEN,
        "auth_time": int(now),
        "at_hash": at_hash(access),
        "sid": source.auth_event_id,
        "global_session_id": source.auth_event_id,
        "idp": "local",
        "amr": ["pwd"],
        **identity(user, source.scopes),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    return sandbox.signer.sign(PROVIDER, claims)


def identity(user: XeroUser, scopes: tuple[str, ...] | frozenset[str]) -> dict[str, Any]:
    """What these scopes let an app know about a user."""
    claims = {"sub": user.subject, "xero_userid": user.user_id}
    if "email" in scopes:
        claims["email"] = user.email
    if "profile" in scopes:
        claims |= {
            "preferred_username": user.email,
            "given_name": user.given_name,
            "family_name": user.family_name,
            "name": user.name,
        }
    return claims


def bearer(sandbox: Sandbox, token: str | None) -> XeroBearer:
    """Who the token speaks for.

    Raises:
        ApiRefused: there is no token, it is not ours, or its thirty minutes are over.
    """
    claims = sandbox.signer.verified(PROVIDER, token) if token else None
    if claims is None or "client_id" not in claims:  # an id token is signed with the same key and opens nothing
        raise problem(_UNAUTHORIZED, "Unauthorized", "AuthenticationUnsuccessful")
    if claims["exp"] <= sandbox.store.now():
        raise problem(_UNAUTHORIZED, "Unauthorized", "TokenExpired: token expired")
    return XeroBearer(client_id=claims["client_id"], subject=claims["sub"], scopes=frozenset(claims["scope"]))


def problem(status: int, title: str, detail: str, **headers: str) -> ApiRefused:
    """An error in the shape of Xero's APIs."""
    body: dict[str, Any] = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": fresh_id(),
        "Extensions": {},
    }
    return ApiRefused(status=status, body=body, headers=headers)


def _user(sandbox: Sandbox, subject: str) -> XeroUser:
    user = sandbox.config.people.xero_user(subject=subject)
    if user is None:  # the file remembers somebody who has left the configuration
        raise OAuthRefused("invalid_grant")
    return user
