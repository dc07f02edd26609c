"""Reads what a client or a browser sent: strictly, and never more than 64 KiB."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import attrs
from starlette.requests import Request

from pip_hub.adapters.sandbox.refusals import OAuthRefused, Unreadable

LARGEST_BODY = 64 * 1024
MOST_FIELDS = 100
_BAD_REQUEST, _TOO_LARGE, _WRONG_TYPE = 400, 413, 415


class Params:
    """The fields of a query or a form, in the order they came."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def one(self, name: str) -> str | None:
        """The value of this field; a field sent without a value counts as left out (RFC 6749 3.1)."""
        return next((value for key, value in self._pairs if key == name and value), None)

    def many(self, name: str) -> tuple[str, ...]:
        """Every value of a field that may come several times, such as tick boxes."""
        return tuple(value for key, value in self._pairs if key == name)

    def words(self, name: str) -> tuple[str, ...]:
        """A field that is a list separated by spaces, without repetitions."""
        return tuple(dict.fromkeys((self.one(name) or "").split()))

    def repeated(self) -> str | None:
        """The name of a field that came more than once, which OAuth forbids (RFC 6749 3.1 and 3.2)."""
        return next((name for name, count in Counter(key for key, _ in self._pairs).items() if count > 1), None)

    def as_mapping(self) -> dict[str, object]:
        """Each field's first value."""
        return {key: value for key, value in reversed(self._pairs)}  # noqa: C416 -- the first of a name must win


@attrs.frozen(kw_only=True)
class ClientCredentials:
    """Who a token request says it comes from."""

    client_id: str
    client_secret: str | None = attrs.field(repr=False)
    from_header: bool


def query_of(request: Request) -> Params:
    """The query of the address.

    Raises:
        Unreadable: it is not UTF-8, or has too many fields.
    """
    return _parsed(request.url.query)


async def body_of(request: Request) -> bytes:
    """The body, read once and kept, so that a fault may look at it before the endpoint does.

    Raises:
        Unreadable: it is larger than `LARGEST_BODY`.
    """
    if not hasattr(request.state, "body"):
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                break
        request.state.body = bytes(body)
    kept: bytes = request.state.body
    if len(kept) > LARGEST_BODY:
        raise Unreadable(status=_TOO_LARGE, reason="The request is larger than 64 KiB.")
    return kept


async def form_of(request: Request) -> Params:
    """A form sent as `application/x-www-form-urlencoded`, the only kind OAuth and these pages use.

    Raises:
        Unreadable: it is of another type, too large, not UTF-8, or has too many fields.
    """
    body = await body_of(request)
    if _media_type(request) != "application/x-www-form-urlencoded":
        raise Unreadable(status=_WRONG_TYPE, reason="The request must be sent as a form.")
    return _parsed(body.decode("latin-1"))


async def json_of(request: Request) -> dict[str, Any]:
    """A JSON object; its media type is checked, because a page of another site cannot send that one unasked.

    Raises:
        Unreadable: it is of another type, too large, or not a JSON object.
    """
    body = await body_of(request)
    if _media_type(request) != "application/json":
        raise Unreadable(status=_WRONG_TYPE, reason="The request must be sent as application/json.")
    try:
        value = json.loads(body)
    except ValueError as problem:
        raise Unreadable(status=_BAD_REQUEST, reason="The request is not JSON.") from problem
    if not isinstance(value, dict):
        raise Unreadable(status=_BAD_REQUEST, reason="The request must be a JSON object.")
    return value


async def token_form_of(request: Request) -> Params:
    """The form of a token, revocation or introspection request.

    Raises:
        OAuthRefused: `invalid_request`, for anything `form_of` refuses and for repeated fields.
    """
    try:
        form = await form_of(request)
    except Unreadable as problem:
        raise OAuthRefused("invalid_request", problem.reason, status=problem.status) from problem
    repeated = form.repeated()
    if repeated is not None:
        raise OAuthRefused("invalid_request", "A parameter is repeated.")
    return form


def credentials_of(request: Request, form: Params) -> ClientCredentials | None:
    """Who the client says it is, in the header or in the form (RFC 6749 2.3.1), None when it does not say.

    Raises:
        OAuthRefused: `invalid_request` when both ways are used at once.
    """
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    client_id, client_secret = form.one("client_id"), form.one("client_secret")
    if scheme.lower() == "basic":
        if client_secret is not None:
            raise OAuthRefused("invalid_request", "The client authenticates in two ways at once.")
        return _basic(encoded)
    if client_id is None:
        return None
    return ClientCredentials(client_id=client_id, client_secret=client_secret, from_header=False)


def secret_fits(sent: str | None, registered: str | None) -> bool:
    """Whether the client proved itself; one registered without a secret must not send any."""
    if sent is None or registered is None:
        return sent is None and registered is None
    return hmac.compare_digest(sent.encode(), registered.encode())


def bearer_of(request: Request) -> str | None:
    """The bearer token of an API call."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def is_from_this_site(request: Request) -> bool:
    """Whether a form or call was sent by one of our own pages, or by something that is no browser at all."""
    origin = request.headers.get("origin")
    return origin is None or origin == f"{request.url.scheme}://{request.url.netloc}"


def _basic(encoded: str) -> ClientCredentials | None:
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    if not colon:
        return None
    # RFC 6749 2.3.1: both halves are form-encoded before they are joined.
    return ClientCredentials(client_id=unquote_plus(name), client_secret=unquote_plus(secret), from_header=True)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _parsed(text: str) -> Params:
    try:
        return Params(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS))
    except ValueError as problem:
        raise Unreadable(status=_BAD_REQUEST, reason="The request cannot be read.") from problem
