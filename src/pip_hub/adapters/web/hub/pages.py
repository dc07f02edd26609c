"""`GET /integrations` and `GET /integrations/status`."""

from __future__ import annotations

from datetime import datetime

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.web.addresses import Onward
from pip_hub.adapters.web.answers import see_other
from pip_hub.adapters.web.browser import BrowserCookies
from pip_hub.adapters.web.forms import read_query
from pip_hub.adapters.web.hub.hub_page import HubPage
from pip_hub.adapters.web.hub.reading import read_flow, read_wanted, well_formed_flow
from pip_hub.adapters.web.times import timestamp
from pip_hub.application.flows.answered import AlreadyAnswered
from pip_hub.application.flows.connector_cards import ConnectorCard
from pip_hub.application.flows.view_hub import FlowCard, ViewHub, ViewHubCommand
from pip_hub.domain.errors import FlowNotOpen, NotSignedIn


@attrs.frozen(kw_only=True)
class HubEndpoint:
    """The hub; somebody who is not signed in is sent to sign in first, and comes back."""

    hub_page: HubPage

    async def get(self, request: Request) -> Response:
        fields = read_query(request)
        flow_id, wanted = read_flow(request, fields, "flow"), read_wanted(fields, self.hub_page.catalogue)
        try:
            return await self.hub_page.show(request, flow_id, wanted=wanted)
        except NotSignedIn:
            addresses = self.hub_page.pages.addresses
            onward = Onward(flow_id=well_formed_flow(flow_id), connect=wanted)
            return see_other(addresses.absolute(addresses.sign_in(onward)))


@attrs.frozen(kw_only=True)
class StatusEndpoint:
    """The same in JSON, for the product's own app. It leaves the banners waiting for the page."""

    view_hub: ViewHub
    cookies: BrowserCookies

    async def get(self, request: Request) -> Response:
        flow_id = read_flow(request, read_query(request), "flow")
        view = await self.view_hub(
            ViewHubCommand(visitor=self.cookies.visitor(request), flow_id=flow_id, take_notices=False)
        )
        if isinstance(view, AlreadyAnswered):
            raise FlowNotOpen(reason="closed flow")
        return JSONResponse(
            {
                "user": {"email": view.email},
                "flow": _flow(view.flow) if view.flow is not None else None,
                "connectors": {card.key: _connector(card) for card in view.connectors},
            }
        )


def _flow(flow: FlowCard) -> dict[str, object]:
    return {"id": flow.id, "client": flow.client.name, "expires_at": _time(flow.expires_at)}


def _connector(card: ConnectorCard) -> dict[str, object]:
    return {
        "name": card.name,
        "status": card.status,
        "connected": card.is_connected,
        "account": card.account,
        "email": card.email,
        "level": card.level,
        "granted": list(card.granted),
        "connected_at": _time(card.connected_at),
        "last_used_at": _time(card.last_used_at),
        "attention": card.attention,
    }


def _time(moment: datetime | None) -> str | None:
    return timestamp(moment) if moment is not None else None
