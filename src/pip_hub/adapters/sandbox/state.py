"""The whole state of a sandbox as one value, and the same value as JSON.

Tokens and signing keys stand in it as they are: they open nothing but the sandbox. Do not take this as a pattern for
anything that keeps real tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import attrs

from pip_hub.adapters.sandbox.faults import Fault
from pip_hub.adapters.sandbox.records import (
    AuthorizationRequest,
    Code,
    Consent,
    GoogleAccessToken,
    RefreshToken,
    XeroConnection,
)

FORMAT = 1
"""Grows whenever an older file can no longer be read."""

Record = TypeVar("Record")


@attrs.define(kw_only=True)
class XeroState:
    """What Xero remembers. Codes and refresh tokens are kept by value, connections by id, consents by their key."""

    codes: dict[str, Code] = attrs.Factory(dict)
    refresh_tokens: dict[str, RefreshToken] = attrs.Factory(dict)
    consents: dict[str, Consent] = attrs.Factory(dict)
    connections: dict[str, XeroConnection] = attrs.Factory(dict)
    tenant_ids: dict[str, str] = attrs.Factory(dict)
    """The present id of every organisation that has been reset, by name."""
    tells_organisation: bool = True
    """Whether access tokens carry `authentication_event_id`: without it only the list of connections is left."""


@attrs.define(kw_only=True)
class GoogleState:
    """What Google remembers. Codes and tokens are kept by value, consents by their key."""

    codes: dict[str, Code] = attrs.Factory(dict)
    refresh_tokens: dict[str, RefreshToken] = attrs.Factory(dict)
    access_tokens: dict[str, GoogleAccessToken] = attrs.Factory(dict)
    consents: dict[str, Consent] = attrs.Factory(dict)
    appended_rows: dict[str, list[list[str]]] = attrs.Factory(dict)
    """What was appended to each spreadsheet, by its id."""


@attrs.define(kw_only=True)
class SandboxState:
    """Everything that changes while a sandbox runs.

    `keys` are private JSON Web Keys by provider, `clock_offset` is how many seconds the clock is ahead of the real one.
    """

    keys: dict[str, dict[str, Any]] = attrs.Factory(dict)
    clock_offset: int = 0
    requests: dict[str, AuthorizationRequest] = attrs.Factory(dict)
    faults: list[Fault] = attrs.Factory(list)
    calls: dict[str, int] = attrs.Factory(dict)
    xero: XeroState = attrs.Factory(XeroState)
    google: GoogleState = attrs.Factory(GoogleState)


def to_json(state: SandboxState) -> dict[str, Any]:
    """The state as plain JSON values."""
    return {"format": FORMAT, **attrs.asdict(state)}


def from_json(data: Mapping[str, Any]) -> SandboxState:
    """The state that `to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: this is something else, or was written by an incompatible version.
    """
    if data["format"] != FORMAT:
        raise ValueError("written by another version")
    xero, google = data["xero"], data["google"]
    return SandboxState(
        keys=dict(data["keys"]),
        clock_offset=int(data["clock_offset"]),
        requests=_records(AuthorizationRequest, data["requests"]),
        faults=[Fault(**row) for row in data["faults"]],
        calls=dict(data["calls"]),
        xero=XeroState(
            codes=_records(Code, xero["codes"]),
            refresh_tokens=_records(RefreshToken, xero["refresh_tokens"]),
            consents=_records(Consent, xero["consents"]),
            connections=_records(XeroConnection, xero["connections"]),
            tenant_ids=dict(xero["tenant_ids"]),
            tells_organisation=bool(xero.get("tells_organisation", True)),  # files of earlier versions lack it
        ),
        google=GoogleState(
            codes=_records(Code, google["codes"]),
            refresh_tokens=_records(RefreshToken, google["refresh_tokens"]),
            access_tokens=_records(GoogleAccessToken, google["access_tokens"]),
            consents=_records(Consent, google["consents"]),
            appended_rows={name: list(rows) for name, rows in google.get("appended_rows", {}).items()},
        ),
    )


def remove_where(records: dict[str, Record], condition: Callable[[Record], bool]) -> None:
    """Remove the records the condition is true of."""
    for key in [key for key, record in records.items() if condition(record)]:
        del records[key]


def _records(kind: Callable[..., Record], rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Record]:
    return {key: kind(**row) for key, row in rows.items()}
