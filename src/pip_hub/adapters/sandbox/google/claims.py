"""Who a Google token speaks for."""

from __future__ import annotations

from typing import Any

from pip_hub.adapters.sandbox import lifetimes
from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.google.scopes import EMAIL, PROFILE
from pip_hub.adapters.sandbox.people import GoogleAccount
from pip_hub.adapters.sandbox.records import Code, GoogleAccessToken, RefreshToken
from pip_hub.adapters.sandbox.refusals import OAuthRefused
from pip_hub.adapters.sandbox.tokens import at_hash

PROVIDER = "google"


def id_token(sandbox: Sandbox, source: Code | RefreshToken, access: GoogleAccessToken, now: float) -> str:
    """The id token beside an access token (OpenID Connect Core 2); only a code brings its nonce back."""
    claims: dict[str, Any] = {
        "iss": sandbox.issuer(PROVIDER),
        "azp": source.client_id,
        "aud": source.client_id,
        "iat": int(now),
        "exp": int(now) + lifetimes.GOOGLE_ID_TOKEN,
        "at_hash": at_hash(access.value),
        **identity(account_of(sandbox, source.subject), access.scopes),
    }
    if isinstance(source, Code) and source.nonce is not None:
        claims["nonce"] = source.nonce
    return sandbox.signer.sign(PROVIDER, claims)


def identity(account: GoogleAccount, scopes: tuple[str, ...]) -> dict[str, Any]:
    """What these scopes let an app know about an account."""
    claims: dict[str, Any] = {"sub": account.subject}
    if account.hosted_domain is not None:
        claims["hd"] = account.hosted_domain
    if EMAIL in scopes:
        claims |= {"email": account.email, "email_verified": True}
    if PROFILE in scopes:
        claims |= {"name": account.name, "given_name": account.given_name, "family_name": account.family_name}
    return claims


def bearer(sandbox: Sandbox, token: str | None) -> GoogleAccessToken | None:
    """The access token behind a bearer value, or None when it is unknown, expired or revoked."""
    known = sandbox.store.state.google.access_tokens.get(token or "")
    return known if known is not None and sandbox.store.now() < known.expires_at else None


def account_of(sandbox: Sandbox, subject: str) -> GoogleAccount:
    """The account of this subject.

    Raises:
        OAuthRefused: `invalid_grant`: the file remembers somebody who has left the configuration.
    """
    account = sandbox.config.people.google_account(subject=subject)
    if account is None:
        raise OAuthRefused("invalid_grant", "Account has been deleted")
    return account
