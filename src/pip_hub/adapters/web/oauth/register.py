"""`POST /oauth/register`: dynamic client registration (RFC 7591)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.web.json_errors import never_stored
from pip_hub.adapters.web.oauth.reading import read_json_object
from pip_hub.application.clients.register_client import (
    GRANT_TYPES,
    ClientRegistered,
    RegisterClient,
    RegisterClientCommand,
)
from pip_hub.domain.errors import InvalidClientMetadata, InvalidRedirectUri

_CREATED = 201

# OpenID Connect Registration section 2. MCP clients send it; nothing here depends on it.
_APPLICATION_TYPES = ("native", "web")

Metadata = Mapping[str, object]


@attrs.frozen(kw_only=True)
class RegisterEndpoint:
    """Reads the metadata, and echoes what was registered."""

    register_client: RegisterClient

    async def post(self, request: Request) -> Response:
        metadata = await read_json_object(request)
        registered = await self.register_client(_command(metadata))
        answer = _answer(registered)
        if metadata.get("application_type") in _APPLICATION_TYPES:
            answer["application_type"] = metadata["application_type"]
        return never_stored(answer, _CREATED)


def _command(metadata: Metadata) -> RegisterClientCommand:
    return RegisterClientCommand(
        redirect_uris=_redirect_uris(metadata),
        auth_method=_text(metadata, "token_endpoint_auth_method"),
        name=_text(metadata, "client_name"),
        client_uri=_text(metadata, "client_uri"),
        grant_types=_texts(metadata, "grant_types"),
        response_types=_texts(metadata, "response_types"),
    )


def _answer(registered: ClientRegistered) -> dict[str, object]:
    """What was registered, which need not be what was asked for (RFC 7591 3.2.1)."""
    client = registered.client
    answer: dict[str, object] = {
        "client_id": client.id,
        "client_id_issued_at": int(client.created_at.timestamp()),
        "client_name": client.name,
        "redirect_uris": [uri.value for uri in client.redirect_uris],
        "token_endpoint_auth_method": client.auth_method.value,
        "grant_types": list(GRANT_TYPES),
        "response_types": ["code"],
    }
    if client.client_uri is not None:
        answer["client_uri"] = client.client_uri
    if registered.secret is not None:
        answer["client_secret"] = registered.secret.reveal()
        answer["client_secret_expires_at"] = 0  # never
    return answer


def _redirect_uris(metadata: Metadata) -> tuple[str, ...]:
    try:
        return _texts(metadata, "redirect_uris") or ()
    except InvalidClientMetadata as problem:
        raise InvalidRedirectUri(reason=problem.reason) from None


def _text(metadata: Metadata, name: str) -> str | None:
    """A member that is a string; `null` counts as left out, as many clients write it."""
    value = metadata.get(name)
    if value is None or _is_text(value):
        return value
    raise InvalidClientMetadata(reason=f"{name} must be a string")


def _texts(metadata: Metadata, name: str) -> tuple[str, ...] | None:
    value = metadata.get(name)
    if value is None:
        return None
    if isinstance(value, list) and all(_is_text(entry) for entry in value):
        return tuple(value)
    raise InvalidClientMetadata(reason=f"{name} must be a list of strings")


def _is_text(value: object) -> TypeGuard[str]:
    """Whether it is a string that can be stored and sent again: JSON's escapes can spell half a character, or a NUL."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
