"""The one table from what can go wrong to what is answered.

The precise reason goes to the log `pip_hub.web`; on the wire many reasons look the same.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

import attrs
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.web.addresses import Onward
from pip_hub.adapters.web.answers import see_other, wants_json
from pip_hub.adapters.web.json_errors import TokenRefusals
from pip_hub.adapters.web.messages import explain
from pip_hub.adapters.web.pages import Pages
from pip_hub.domain import errors
from pip_hub.domain.identifiers import FlowId

logger = logging.getLogger("pip_hub.web")

Handler = Callable[[Request, Exception], Awaitable[Response]]


@attrs.frozen
class Row:
    """`status` is what a page or its JSON is sent with, `word` names the error in JSON."""

    status: HTTPStatus
    word: str


_BAD, _CONFLICT, _BUG = HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.INTERNAL_SERVER_ERROR

_OURS = frozenset({_BUG, HTTPStatus.SERVICE_UNAVAILABLE})
"""What the operator has to know of."""

TABLE: Mapping[type[Exception], Row] = {
    errors.UnknownClient: Row(_BAD, "unknown_client"),
    errors.UnknownRedirectUri: Row(_BAD, "unknown_redirect_uri"),
    errors.AmbiguousRequest: Row(_BAD, "ambiguous_request"),
    errors.AuthorizationRefused: Row(HTTPStatus.SEE_OTHER, "authorization_refused"),
    errors.TokenRefused: Row(_BAD, "token_refused"),
    errors.NotSignedIn: Row(HTTPStatus.UNAUTHORIZED, "not_signed_in"),
    errors.ForgedForm: Row(HTTPStatus.FORBIDDEN, "forged_form"),
    errors.FlowNotOpen: Row(_BAD, "flow_not_open"),
    errors.ConnectionNotOpen: Row(_BAD, "connection_not_open"),
    errors.UnknownConnector: Row(HTTPStatus.NOT_FOUND, "unknown_connector"),
    errors.ConnectorUnavailable: Row(_CONFLICT, "connector_unavailable"),
    errors.LevelNotOffered: Row(_BAD, "level_not_offered"),
    errors.NotConnected: Row(_CONFLICT, "not_connected"),
    errors.GrantIsShared: Row(_CONFLICT, "grant_is_shared"),
    errors.UnknownOrganisation: Row(_BAD, "unknown_organisation"),
    errors.ConnectorsMissing: Row(_CONFLICT, "connectors_missing"),
    errors.WrongCredentials: Row(HTTPStatus.UNAUTHORIZED, "wrong_credentials"),
    errors.UnacceptableEmail: Row(_BAD, "unacceptable_email"),
    errors.PasswordTooShort: Row(_BAD, "password_too_short"),
    errors.PasswordTooLong: Row(_BAD, "password_too_long"),
    errors.PasswordTooCommon: Row(_BAD, "password_too_common"),
    errors.EmailTaken: Row(_BAD, "email_taken"),
    errors.RegistrationClosed: Row(_BAD, "registration_closed"),
    errors.MalformedRequest: Row(_BAD, "malformed_request"),
    # Use cases turn these into notices or refusals, and nothing on the web registers resources: here they are mistakes
    # of ours.
    errors.ProviderTrouble: Row(HTTPStatus.BAD_GATEWAY, "provider_trouble"),
    errors.GrantGone: Row(_BUG, "server_error"),
    errors.StorageUnavailable: Row(HTTPStatus.SERVICE_UNAVAILABLE, "temporarily_unavailable"),
    errors.CannotOpen: Row(_BUG, "server_error"),
    errors.ResourceRefused: Row(_BUG, "server_error"),
}


def row_of(kind: type[Exception]) -> Row:
    """The row of an error, its own or its family's.

    Raises:
        LookupError: there is none.
    """
    row = next((TABLE[ancestor] for ancestor in kind.__mro__ if ancestor in TABLE), None)
    if row is None:
        raise LookupError(kind.__name__)
    return row


@attrs.frozen(kw_only=True)
class Link:
    """A way forward."""

    label: str
    address: str


@attrs.frozen(kw_only=True)
class ErrorAnswers:
    """Answers errors: in JSON where a program asks, as a page with a way forward where a person does."""

    pages: Pages
    json_paths: frozenset[str]
    """Routes that only programs call, without the public URL's prefix."""

    def handlers(self) -> dict[type[Exception], Handler]:
        """For Starlette, which looks a raised error up by its nearest ancestor."""
        return {
            errors.TokenRefused: TokenRefusals(self.pages.addresses).render,
            errors.AuthorizationRefused: self.send_back,
            errors.PipHubError: self.explain,
            HTTPException: self.explain_status,
            Exception: self.admit,
        }

    async def send_back(self, request: Request, error: Exception) -> Response:
        """To the client, with the error in the query (RFC 6749 4.1.2.1)."""
        if not isinstance(error, errors.AuthorizationRefused):
            raise error
        _log(request, error, logging.INFO)
        return see_other(error.answer_url)

    async def explain(self, request: Request, error: Exception) -> Response:
        """Everything raised on purpose."""
        row = row_of(type(error))
        _log(request, error, logging.ERROR if row.status in _OURS else logging.INFO)
        return self._answer(request, error, row)

    async def explain_status(self, request: Request, error: Exception) -> Response:
        """What Starlette or `forms.py` refuses: no such page, wrong method, wrong type, too large."""
        if not isinstance(error, HTTPException):
            raise error
        status = HTTPStatus(error.status_code)
        response = self._answer(request, error, Row(status, status.phrase.lower().replace(" ", "_")))
        response.headers.update(error.headers or {})
        return response

    async def admit(self, request: Request, error: Exception) -> Response:
        """A bug. The server logs the traceback; nobody outside sees it."""
        _log(request, error, logging.ERROR)
        return self.pages.complete(self._answer(request, error, Row(_BUG, "server_error")))

    def _answer(self, request: Request, error: Exception, row: Row) -> Response:
        explanation = explain(error)
        route = request.scope["path"].removeprefix(self.pages.addresses.prefix)
        if wants_json(request) or route in self.json_paths:
            return JSONResponse({"error": row.word, "error_description": explanation.text}, row.status)
        return self.pages.show(
            "error.html", status=row.status, explanation=explanation, way=self._way_forward(request, error)
        )

    def _way_forward(self, request: Request, error: Exception) -> Link | None:
        addresses = self.pages.addresses
        if isinstance(error, errors.UntrustedRequest):
            return None
        flow_id = getattr(error, "flow_id", None) or named_flow(request)
        if isinstance(error, errors.NotSignedIn):
            return Link(label="Sign in", address=addresses.sign_in(Onward(flow_id=flow_id)))
        if flow_id is None or isinstance(error, errors.FlowNotOpen):
            return Link(label="Manage integrations", address=addresses.hub())
        return Link(label="Back to your integrations", address=addresses.hub(flow_id))


def name_flow(request: Request, flow_id: FlowId | None) -> None:
    """Note the flow a form belongs to, so that an error page can lead back to it."""
    request.state.flow_id = flow_id


def named_flow(request: Request) -> FlowId | None:
    """The flow noted for this request."""
    flow_id: FlowId | None = getattr(request.state, "flow_id", None)
    return flow_id


def _log(request: Request, error: Exception, level: int) -> None:
    # The path only: a query may carry a provider's code. Quoted, since it may carry a line break.
    reason = getattr(error, "reason", "")
    logger.log(level, "%s at %s %r: %s", type(error).__name__, request.method, request.scope["path"], reason)
