"""How the endpoints that speak JSON answer, and how they refuse."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.domain.errors import InvalidClient, InvalidGrant, InvalidRequest, TokenRefused

logger = logging.getLogger("pip_hub.web")

NEVER_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""On every answer that may carry a secret, and on every refusal (RFC 6749 5.1)."""

CHALLENGE = 'Basic realm="pip-hub", charset="UTF-8"'
"""RFC 9110 15.5.2: a 401 always says how to authenticate; RFC 6749 5.2 asks for it after a failed Basic."""

_UNAUTHORIZED, _BAD_REQUEST, _TOO_LARGE = 401, 400, 413

# RFC 6749 5.2: error_description = 1*( %x20-21 / %x23-5B / %x5D-7E )
_NOT_DESCRIBABLE = re.compile(r"[^\x20-\x21\x23-\x5B\x5D-\x7E]")

# Why exactly a credential was refused would help whoever guesses, so that goes to the log only.
_GENERIC: Mapping[type[TokenRefused], str] = {
    InvalidClient: "Client authentication failed.",
    InvalidGrant: "The code or refresh token is invalid, expired, revoked, or was issued to another client.",
}


class BodyTooLarge(InvalidRequest):
    """The body is larger than anything these endpoints take."""


def never_stored(answer: Mapping[str, object], status: int = 200) -> Response:
    """A JSON answer that no cache on the way may keep."""
    return JSONResponse(answer, status, NEVER_STORED)


def status_of(error: TokenRefused) -> int:
    """The HTTP status of a refusal (RFC 6749 5.2, RFC 7591 3.2.2)."""
    if isinstance(error, InvalidClient):
        return _UNAUTHORIZED
    return _TOO_LARGE if isinstance(error, BodyTooLarge) else _BAD_REQUEST


async def render_token_refused(_request: Request, error: Exception) -> Response:
    """The exception handler for `TokenRefused`, of every kind."""
    if not isinstance(error, TokenRefused):
        raise error
    logger.info("refused with %s: %s", error.error, error.reason)
    response = never_stored({"error": error.error, "error_description": _description(error)}, status_of(error))
    if isinstance(error, InvalidClient):
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def _description(error: TokenRefused) -> str:
    generic = next((sentence for kind, sentence in _GENERIC.items() if isinstance(error, kind)), None)
    return _NOT_DESCRIBABLE.sub("'", generic or error.reason)
