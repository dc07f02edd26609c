"""Xero's connections API: which organisations an access token reaches, and letting go of one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.reading import bearer_of, query_of
from pip_hub.adapters.sandbox.records import XeroConnection
from pip_hub.adapters.sandbox.xero.claims import bearer, problem
from pip_hub.adapters.sandbox.xero.tenants import connections_of

_NO_CONTENT, _NOT_FOUND = 204, 404


@attrs.frozen(kw_only=True)
class XeroConnections:
    """`/xero/connections`."""

    sandbox: Sandbox

    async def list(self, http: Request) -> Response:
        """GET: the connections of the token's user to the token's app; an empty list is an ordinary answer."""
        who = bearer(self.sandbox, bearer_of(http))
        event = query_of(http).one("authEventId")
        rows = [
            _row(one)
            for one in connections_of(self.sandbox.store, who.client_id, who.subject)
            if event is None or one.auth_event_id == event
        ]
        return JSONResponse(rows)

    async def delete(self, http: Request) -> Response:
        """DELETE: disconnect one organisation. The token and the consented scopes live on."""
        who = bearer(self.sandbox, bearer_of(http))
        known = self.sandbox.store.state.xero.connections.get(http.path_params["connection_id"])
        if known is None or (known.client_id, known.subject) != (who.client_id, who.subject):
            raise problem(_NOT_FOUND, "Not Found", "The connection does not exist")
        with self.sandbox.store.changing() as state:
            del state.xero.connections[known.id]
        return Response(status_code=_NO_CONTENT)


def _row(connection: XeroConnection) -> dict[str, Any]:
    return {
        "id": connection.id,
        "authEventId": connection.auth_event_id,
        "tenantId": connection.tenant_id,
        "tenantType": "ORGANISATION",
        "tenantName": connection.organisation,
        "createdDateUtc": _xero_date(connection.created_at),
        "updatedDateUtc": _xero_date(connection.updated_at),
    }


def _xero_date(moment: float) -> str:
    # Seven decimals and no zone, as Xero writes it; a parser that expects six or a "Z" has to learn it here.
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"
