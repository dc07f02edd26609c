"""Checks a Google authorization request."""

from __future__ import annotations

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.google import scopes
from pip_hub.adapters.sandbox.reading import Params
from pip_hub.adapters.sandbox.records import AuthorizationRequest
from pip_hub.adapters.sandbox.refusals import PageRefused
from pip_hub.adapters.sandbox.tokens import fresh_value, is_s256_challenge

_PROMPTS = {"consent", "select_account"}
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN = 400, 401, 403

_TEXTS = {
    "redirect_uri_mismatch": "The redirect URI in the request is not among those registered for this client.",
    "invalid_client": "There is no OAuth client of this id.",
    "invalid_scope": "The request asks for a permission that does not exist.",
    "admin_policy_enforced": "An administrator of this organisation does not allow this app.",
    "org_internal": "This app is only for members of the organisation that made it.",
}


def checked(sandbox: Sandbox, query: Params) -> AuthorizationRequest:
    """The request, once everything about it is right.

    Raises:
        PageRefused: something is wrong; the app itself hears nothing of it.
    """
    client_id = query.one("client_id") or ""
    project = sandbox.config.google_project(client_id)
    client = project.client(client_id) if project else None
    if client is None:
        raise refused("invalid_client", status=_UNAUTHORIZED)
    redirect_uri = query.one("redirect_uri")
    if redirect_uri not in client.redirect_uris:
        raise refused("redirect_uri_mismatch")
    asked = scopes.normalised(query.words("scope"))
    if not asked or not set(asked) <= scopes.SCOPES.keys():
        raise refused("invalid_scope")
    if not _is_well_formed(query):
        raise refused("invalid_request")
    return AuthorizationRequest(
        id=fresh_value(),
        provider="google",
        client_id=client_id,
        redirect_uri=redirect_uri,
        scopes=asked,
        state=query.one("state"),
        nonce=query.one("nonce"),
        code_challenge=query.one("code_challenge"),
        created_at=sandbox.store.now(),
        offline=query.one("access_type") == "offline",
        prompt=query.words("prompt"),
        include_granted_scopes=query.one("include_granted_scopes") == "true",
        login_hint=query.one("login_hint"),
    )


def refused(code: str, *, status: int | None = None) -> PageRefused:
    """Google's error page."""
    status = status or (_FORBIDDEN if code == "org_internal" else _BAD_REQUEST)
    return PageRefused(
        provider="google",
        status=status,
        code=f"Error {status}: {code}",
        text=_TEXTS.get(code, "The app’s request is not right. The app’s developer has to mend it."),
    )


def _is_well_formed(query: Params) -> bool:
    challenge, method = query.one("code_challenge"), query.one("code_challenge_method")
    pkce_is_right = method is None if challenge is None else method == "S256" and is_s256_challenge(challenge)
    return (
        query.repeated() is None
        and query.one("response_type") == "code"
        and query.one("access_type") in {None, "online", "offline"}
        and query.one("include_granted_scopes") in {None, "true", "false"}
        and set(query.words("prompt")) <= _PROMPTS
        and pkce_is_right
    )
