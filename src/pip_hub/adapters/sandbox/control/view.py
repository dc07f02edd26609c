"""What exists in a sandbox, without any token in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.records import Consent, RefreshToken, XeroConnection


def view(sandbox: Sandbox) -> dict[str, Any]:
    """The state as the control page and `GET /control/api/state` show it. People appear by their address."""
    state, people = sandbox.store.state, sandbox.config.people
    xero_names = {user.subject: user.email for user in people.xero_users}
    google_names = {account.subject: account.email for account in people.google_accounts}
    return {
        "now": _date(sandbox.store.now()),
        "clock_offset": state.clock_offset,
        "holding": sandbox.board.holding,
        "faults": [attrs.asdict(fault) for fault in state.faults],
        "calls": dict(sorted(state.calls.items())),
        "xero": {
            "tells_organisation": state.xero.tells_organisation,
            "connections": [_connection(one, xero_names) for one in state.xero.connections.values()],
            "consents": [_consent(one, xero_names) for one in state.xero.consents.values()],
            "refresh_tokens": [_refresh_token(one, xero_names) for one in state.xero.refresh_tokens.values()],
        },
        "google": {
            "consents": [_consent(one, google_names) for one in state.google.consents.values()],
            "refresh_tokens": [_refresh_token(one, google_names) for one in state.google.refresh_tokens.values()],
            "access_tokens": len(state.google.access_tokens),
            "appended_rows": {name: len(rows) for name, rows in state.google.appended_rows.items()},
        },
    }


def _connection(one: XeroConnection, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "client_id": one.client_id,
        "user": names.get(one.subject, one.subject),
        "organisation": one.organisation,
        "tenant_id": one.tenant_id,
        "auth_event_id": one.auth_event_id,
        "created_at": _date(one.created_at),
    }


def _consent(one: Consent, names: dict[str, str]) -> dict[str, Any]:
    return {"app": one.app, "user": names.get(one.subject, one.subject), "scopes": list(one.scopes)}


def _refresh_token(one: RefreshToken, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": one.id,
        "client_id": one.client_id,
        "user": names.get(one.subject, one.subject),
        "scopes": list(one.scopes),
        "replaced": one.replaced_at is not None,
        "issued_at": _date(one.issued_at),
        "dies_at": None if one.dies_at is None else _date(one.dies_at),
    }


def _date(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
