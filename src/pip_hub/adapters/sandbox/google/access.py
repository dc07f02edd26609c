"""Whether a call of Google's resource APIs may pass, and their errors."""

from __future__ import annotations

from starlette.requests import Request

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.google.claims import bearer
from pip_hub.adapters.sandbox.google.scopes import covers
from pip_hub.adapters.sandbox.reading import bearer_of
from pip_hub.adapters.sandbox.records import GoogleAccessToken
from pip_hub.adapters.sandbox.refusals import ApiRefused

_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 400, 401, 403, 404


def allowed(sandbox: Sandbox, http: Request, *any_of: str) -> GoogleAccessToken:
    """The call's access token.

    Raises:
        ApiRefused: there is none that is alive, or it covers none of these scopes.
    """
    token = bearer(sandbox, bearer_of(http))
    if token is None:
        raise _error(_UNAUTHORIZED, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
    if not any(covers(token.scopes, scope) for scope in any_of):
        raise insufficient("Request had insufficient authentication scopes.")
    return token


def insufficient(message: str) -> ApiRefused:
    """The token's scopes do not reach."""
    reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
    return _error(_FORBIDDEN, "PERMISSION_DENIED", message, reason)


def invalid(message: str) -> ApiRefused:
    """Something about the call is not right."""
    return _error(_BAD_REQUEST, "INVALID_ARGUMENT", message)


def not_found() -> ApiRefused:
    """There is no such thing."""
    return _error(_NOT_FOUND, "NOT_FOUND", "Requested entity was not found.")


def _error(status: int, name: str, message: str, *details: dict[str, str]) -> ApiRefused:
    body: dict[str, object] = {"code": status, "message": message, "status": name}
    if details:
        body["details"] = list(details)
    return ApiRefused(status=status, body={"error": body})
