"""Requests into fields: size, type, encoding and repetition. What a field means is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

import anyio
import attrs
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from pip_hub.domain.errors import MalformedRequest

MAX_BODY_SIZE = 64 * 1024
"""Octets. The largest honest body, a sign-in form with its authorization request, is a tenth of it."""

PATIENCE = 30.0
"""Seconds for a whole body, however slowly it drips."""

_FORM_TYPE = "application/x-www-form-urlencoded"
_MAX_FIELDS = 200


@attrs.frozen
class Fields:
    """What a query or a form said, every name with all its values in order."""

    _values: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str | None:
        """The value; None when it is missing or empty, which RFC 6749 3.1 takes for the same.

        Raises:
            MalformedRequest: it came more than once.
        """
        values = self.all(name)
        if len(values) > 1:
            raise MalformedRequest
        return values[0] or None if values else None

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of this name."""
        return self._values.get(name, ())

    def repeated(self, names: Iterable[str]) -> frozenset[str]:
        """Which of these names came more than once."""
        return frozenset(name for name in names if len(self.all(name)) > 1)


def read_query(request: Request) -> Fields:
    """The query of a request.

    Raises:
        MalformedRequest: it is not UTF-8, or has a NUL.
    """
    return _fields(request.scope["query_string"])


async def read_form(request: Request) -> Fields:
    """The form of a request.

    Raises:
        HTTPException: 413 or 415.
        MalformedRequest: it is not UTF-8, has a NUL or too many fields, or broke off in the middle.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != _FORM_TYPE:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    try:
        body = await read_body(request)
    except ClientDisconnect:
        raise MalformedRequest from None
    return _fields(body)


async def read_body(request: Request) -> bytes:
    """The body, counted while it arrives, since its announced length may be missing or a lie.

    Raises:
        ClientDisconnect: whoever sends it is gone.
        HTTPException: 413, it has more than `MAX_BODY_SIZE` octets; 408, it is not there after `PATIENCE` seconds.
    """
    body = bytearray()
    with anyio.move_on_after(PATIENCE):
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_SIZE:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return bytes(body)
    raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, headers={"Connection": "close"})


def read_path(request: Request, name: str) -> str:
    """A part of the path.

    Raises:
        MalformedRequest: the path is not UTF-8, or has a NUL.
    """
    try:
        unquote(request.scope.get("raw_path", b"").decode("ascii"), errors="strict")
    except UnicodeDecodeError:
        raise MalformedRequest from None
    return _checked(request.path_params[name])


def _fields(encoded: bytes) -> Fields:
    try:
        pairs = parse_qsl(encoded.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:  # not UTF-8, or too many fields
        raise MalformedRequest from None
    values: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        values[_checked(name)] = (*values.get(name, ()), _checked(value))
    return Fields(values)


def _checked(text: str) -> str:
    if "\x00" in text:  # PostgreSQL cannot store it, and no form of ours can send it
        raise MalformedRequest
    return text
