"""Connecting a service, coming back from its provider, and disconnecting it."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.web.addresses import Addresses
from pip_hub.adapters.web.answers import lead_to, see_other
from pip_hub.adapters.web.browser import BrowserCookies
from pip_hub.adapters.web.forms import read_path, read_query
from pip_hub.adapters.web.hub.reading import read_card_form
from pip_hub.application.connectors.connect_connector import ConnectConnector, ConnectConnectorCommand
from pip_hub.application.connectors.disconnect import Disconnect, DisconnectCommand
from pip_hub.application.connectors.finish_connecting import FinishConnecting, FinishConnectingCommand
from pip_hub.domain.permission import Level
from pip_hub.domain.secret import Secret


@attrs.frozen(kw_only=True)
class ConnectEndpoint:
    """`POST /integrations/{connector}`: off to the provider. Without a `level` it is the careful one."""

    connect_connector: ConnectConnector
    cookies: BrowserCookies

    async def post(self, request: Request) -> Response:
        form = await read_card_form(request, self.cookies)
        command = ConnectConnectorCommand(
            visitor=form.visitor,
            connector=form.connector,
            level=form.fields.one("level") or Level.READ,
            flow_id=form.flow_id,
        )
        leave = await self.connect_connector(command)
        return lead_to(request, leave.url)


@attrs.frozen(kw_only=True)
class CallbackEndpoint:
    """`GET /integrations/{connector}/callback`. What is in its query is shown nowhere and goes into no other URL."""

    finish_connecting: FinishConnecting
    cookies: BrowserCookies
    addresses: Addresses

    async def get(self, request: Request) -> Response:
        connector, fields = read_path(request, "connector"), read_query(request)
        state, code = fields.one("state"), fields.one("code")
        command = FinishConnectingCommand(
            visitor=self.cookies.visitor(request),
            connector=connector,
            state=Secret(state) if state is not None else None,
            code=Secret(code) if code is not None else None,
            error=fields.one("error"),
        )
        back = await self.finish_connecting(command)
        hub = self.addresses.hub(
            back.flow_id,
            connected=back.connector if back.connected else None,
            failed=back.connector if back.connected is False else None,
        )
        return see_other(self.addresses.absolute(hub))


@attrs.frozen(kw_only=True)
class DisconnectEndpoint:
    """`POST /integrations/{connector}/disconnect`: one click, and the hub says what came of it.

    With `all=1` the user's other services of the same account at the provider go too.
    """

    disconnect: Disconnect
    cookies: BrowserCookies
    addresses: Addresses

    async def post(self, request: Request) -> Response:
        form = await read_card_form(request, self.cookies)
        command = DisconnectCommand(
            visitor=form.visitor,
            connector=form.connector,
            whole_account=form.fields.one("all") == "1",
            flow_id=form.flow_id,
        )
        done = await self.disconnect(command)
        return lead_to(request, self.addresses.absolute(self.addresses.hub(done.flow_id)))
