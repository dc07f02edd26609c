"""Reads how a client (or a resource) authenticates; whether it is right is for the use case to say."""

from __future__ import annotations

import base64
from urllib.parse import unquote_plus

from starlette.requests import Request

from pip_hub.adapters.web.oauth.reading import Form
from pip_hub.application.clients.authenticate_client import ClientCredentials
from pip_hub.application.tokens.authenticate_resource import ResourceCredentials
from pip_hub.domain.client import ClientAuthMethod
from pip_hub.domain.errors import InvalidClient, InvalidRequest
from pip_hub.domain.secret import Secret


def read_credentials(request: Request, form: Form) -> ClientCredentials:
    """What the request says about its sender (RFC 6749 2.3.1); saying nothing is left to the use case as well.

    Raises:
        InvalidRequest: more than one method at once (RFC 6749 2.3).
        InvalidClient: a method that does not exist here, or a header that cannot be read.
    """
    if form.one("client_assertion") is not None or form.one("client_assertion_type") is not None:
        raise InvalidClient(reason="client assertions are not supported")
    headers = request.headers.getlist("authorization")
    client_id, secret = form.one("client_id"), form.secret("client_secret")
    if not headers:
        method = ClientAuthMethod.NONE if secret is None else ClientAuthMethod.POST
        return ClientCredentials(client_id=client_id, secret=secret, method=method)
    if len(headers) > 1 or secret is not None:
        raise InvalidRequest(reason="the client authenticates in more than one way at once")
    credentials = _read_basic(headers[0])
    # RFC 6749 3.2.1 has some clients repeat their id in the body, which is fine as long as it is the same one.
    if client_id not in {None, credentials.client_id}:
        raise InvalidRequest(reason="client_id is not the one in the Authorization header")
    return credentials


def of_resource(credentials: ClientCredentials) -> ResourceCredentials:
    """The same, said by a resource: it has one secret, and may send it either way."""
    return ResourceCredentials(resource_id=credentials.client_id, secret=credentials.secret)


def _read_basic(header: str) -> ClientCredentials:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient(reason="only Basic is known in the Authorization header")
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        # RFC 6749 2.3.1: both halves are form-encoded before they are joined.
        client_id, secret = unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict")
    except ValueError:
        raise InvalidClient(reason="the Basic credentials are not Base64 of UTF-8") from None
    if not colon or "\0" in client_id:
        raise InvalidClient(reason="the Basic credentials have no colon, or a NUL in them")
    return ClientCredentials(client_id=client_id, secret=Secret(secret), method=ClientAuthMethod.BASIC)
