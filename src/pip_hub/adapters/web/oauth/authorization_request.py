"""An authorization request on its way in, and on its way through our own forms."""

from __future__ import annotations

from pip_hub.adapters.web.forms import Fields
from pip_hub.application.flows.authorization_request import RawAuthorizationRequest
from pip_hub.domain.errors import MalformedRequest
from pip_hub.domain.mcp_flow import AuthorizationRequest

_SINGLE = (
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "code_challenge",
    "code_challenge_method",
    "scope",
    "state",
)
_MULTIPLE = "resource"  # RFC 8707 2.1


def read_authorization_request(fields: Fields) -> RawAuthorizationRequest:
    """The request as it came. A repeated parameter is named, for the core to refuse where it may be answered."""
    repeated = fields.repeated(_SINGLE)
    return RawAuthorizationRequest(
        **{name: fields.one(name) for name in _SINGLE if name not in repeated},
        resources=tuple(value for value in fields.all(_MULTIPLE) if value),
        repeated=repeated,
    )


def as_parameters(raw: RawAuthorizationRequest) -> list[tuple[str, str]]:
    """The request as query or hidden fields.

    Raises:
        MalformedRequest: something in it was repeated, so it cannot be written down again.
    """
    if raw.repeated:
        raise MalformedRequest
    single = [(name, getattr(raw, name)) for name in _SINGLE]
    return [(name, value) for name, value in [*single, *((_MULTIPLE, uri) for uri in raw.resources)] if value]


def asked_again(request: AuthorizationRequest) -> list[tuple[str, str]]:
    """The parameters that make the same request once more, for somebody who wants to use another account."""
    return as_parameters(
        RawAuthorizationRequest(
            client_id=request.client_id,
            redirect_uri=request.redirect_uri.value,
            response_type="code",
            code_challenge=request.challenge.value,
            code_challenge_method="S256",
            scope=request.scopes.format() or None,
            state=request.state,
            resources=(request.resource,),
        )
    )
