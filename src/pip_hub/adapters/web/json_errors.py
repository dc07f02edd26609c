"""How the endpoints that speak JSON answer, and how they refuse."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from http import HTTPStatus

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.web.addresses import Addresses
from pip_hub.domain.errors import (
    InteractionRequired,
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidSubjectToken,
    ReleaseFailed,
    TemporarilyUnavailable,
    TokenRefused,
)
from pip_hub.domain.release import Need

logger = logging.getLogger("pip_hub.web")

NEVER_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""On every answer that may carry a secret, and on every refusal (RFC 6749 5.1)."""

CHALLENGE = 'Basic realm="pip-hub", charset="UTF-8"'
"""RFC 9110 15.5.2: a 401 always says how to authenticate; RFC 6749 5.2 asks for it after a failed Basic."""

# RFC 6749 5.2: error_description = 1*( %x20-21 / %x23-5B / %x5D-7E )
_NOT_DESCRIBABLE = re.compile(r"[^\x20-\x21\x23-\x5B\x5D-\x7E]")

# Why exactly would help whoever guesses, or is the operator's business, so it goes to the log only.
_GENERIC: Mapping[type[TokenRefused], str] = {
    InvalidClient: "Client authentication failed.",
    InvalidGrant: "The code or refresh token is invalid, expired, revoked, or was issued to another client.",
    InvalidSubjectToken: "The subject token is invalid, expired, revoked, or was issued for another resource.",
    TemporarilyUnavailable: "The service behind the connector does not answer right now. Nothing is lost.",
    ReleaseFailed: "The connector does not work here until whoever runs this server mends it.",
}

_NEEDS: Mapping[Need, str] = {
    Need.NOT_CONNECTED: "The user has not connected this service.",
    Need.NEEDS_ATTENTION: "The connection has ended at the service; the user has to reconnect it.",
    Need.LEVEL_TOO_LOW: "The user has not allowed this much.",
    Need.ORGANISATION_NOT_CHOSEN: "The user has not chosen an organisation yet.",
}


class BodyTooLarge(InvalidRequest):
    """The body is larger than anything these endpoints take."""


_STATUSES: Mapping[type[TokenRefused], HTTPStatus] = {
    InvalidClient: HTTPStatus.UNAUTHORIZED,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TemporarilyUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    ReleaseFailed: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def never_stored(answer: Mapping[str, object], status: int = HTTPStatus.OK) -> Response:
    """A JSON answer that no cache on the way may keep."""
    return JSONResponse(answer, status, NEVER_STORED)


def status_of(error: TokenRefused) -> HTTPStatus:
    """The HTTP status of a refusal: 400 where RFC 6749 5.2 and RFC 7591 3.2.2 say nothing else."""
    return _STATUSES.get(type(error), HTTPStatus.BAD_REQUEST)


@attrs.frozen
class TokenRefusals:
    """The exception handler for `TokenRefused`, of every kind."""

    addresses: Addresses

    async def render(self, _request: Request, error: Exception) -> Response:
        """The RFC's word and a description; what a person can mend also says where (docs: http.md section 4)."""
        if not isinstance(error, TokenRefused):
            raise error
        level = logging.ERROR if isinstance(error, ReleaseFailed) else logging.INFO
        logger.log(level, "refused with %s: %s", error.error, error.reason)
        answer: dict[str, object] = {"error": error.error, "error_description": _description(error)}
        if isinstance(error, InteractionRequired):
            hub = self.addresses.absolute(self.addresses.hub(connect=error.connector))
            answer |= {"connector": error.connector, "reason": error.need, "connect_url": hub}
        response = never_stored(answer, status_of(error))
        if isinstance(error, InvalidClient):
            response.headers["WWW-Authenticate"] = CHALLENGE
        if isinstance(error, TemporarilyUnavailable):
            # RFC 9110 10.2.3: whole seconds; rounded up, so that nobody comes back too early.
            response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after.total_seconds())))
        return response


def _description(error: TokenRefused) -> str:
    if isinstance(error, InteractionRequired):
        return _NEEDS[error.need]
    return _NOT_DESCRIBABLE.sub("'", _GENERIC.get(type(error), error.reason))
