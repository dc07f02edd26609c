"""Reads what an OAuth client sends: strictly, completely, and never more than 64 KiB."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NoReturn
from urllib.parse import parse_qsl

import attrs
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from pip_hub.adapters.web.forms import MAX_BODY_SIZE, read_body
from pip_hub.adapters.web.json_errors import BodyTooLarge
from pip_hub.domain.errors import InvalidRequest
from pip_hub.domain.secret import Secret

MOST_FIELDS = 100

_MAY_REPEAT = frozenset({"audience", "resource"})  # RFC 8693 2.1, RFC 8707 section 2


@attrs.frozen(repr=False)
class Form:
    """The parameters of a request; its repr shows none of them, since some are secrets."""

    _fields: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str | None:
        """The value, None when it was left out or empty (RFC 6749 3.2)."""
        return next(iter(self.many(name)), None)

    def many(self, name: str) -> tuple[str, ...]:
        """Every value of a parameter that may repeat, in the order they came."""
        return self._fields.get(name, ())

    def secret(self, name: str) -> Secret | None:
        """The value of a parameter that must never be shown."""
        value = self.one(name)
        return Secret(value) if value is not None else None


async def read_form(request: Request) -> Form:
    """The body as `application/x-www-form-urlencoded`, the only kind OAuth knows.

    Raises:
        InvalidRequest: another type, not readable, a NUL in it, or a parameter repeated (RFC 6749 3.2).
        BodyTooLarge: more than `MAX_BODY_SIZE`.
    """
    _require_media_type(request, "application/x-www-form-urlencoded")
    body = await _read_body(request)
    try:
        # Parameters without a value are dropped here, as RFC 6749 3.2 asks.
        pairs = parse_qsl(body.decode(), errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidRequest(reason="the body is not a form in UTF-8, or has too many fields") from None
    return _form_of(pairs)


async def read_json_object(request: Request) -> Mapping[str, object]:
    """The body as one JSON object, each of its names once.

    Raises:
        InvalidRequest: another type, or not a JSON object.
        BodyTooLarge: more than `MAX_BODY_SIZE`.
    """
    _require_media_type(request, "application/json")
    body = await _read_body(request)
    try:
        value = json.loads(body.decode(), object_pairs_hook=_without_repetition, parse_constant=_not_json)
    except (ValueError, RecursionError):  # the latter for thousands of brackets within brackets
        raise InvalidRequest(reason="the body is not JSON, or names a member twice") from None
    if not isinstance(value, dict):
        raise InvalidRequest(reason="the body is not a JSON object")
    return value


async def _read_body(request: Request) -> bytes:
    try:
        return await read_body(request)
    except HTTPException:
        raise BodyTooLarge(reason=f"the body is larger than {MAX_BODY_SIZE} bytes") from None
    except ClientDisconnect:
        raise InvalidRequest(reason="the client left in the middle of its request") from None


def _require_media_type(request: Request, expected: str) -> None:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != expected:
        raise InvalidRequest(reason=f"the request must be sent as {expected}")


def _form_of(pairs: Iterable[tuple[str, str]]) -> Form:
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        if "\0" in value:
            raise InvalidRequest(reason="a parameter has a NUL in it")
        if name in fields and name not in _MAY_REPEAT:
            raise InvalidRequest(reason="a parameter is repeated")
        fields[name] = (*fields.get(name, ()), value)
    return Form(fields)


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members


def _not_json(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python's reader takes and JSON does not know."""
    raise ValueError(f"{constant} is not JSON")
