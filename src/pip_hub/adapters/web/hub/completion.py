"""The two ends of a flow: Continue (or Skip) and Cancel."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.web.answers import lead_to, wants_json
from pip_hub.adapters.web.browser import BrowserCookies
from pip_hub.adapters.web.forms import read_form
from pip_hub.adapters.web.hub.hub_page import HubPage
from pip_hub.adapters.web.hub.reading import read_flow
from pip_hub.adapters.web.pages import Pages
from pip_hub.application.flows.answered import AlreadyAnswered, ReturnToClient
from pip_hub.application.flows.cancel_flow import CancelFlow, CancelFlowCommand
from pip_hub.application.flows.complete_flow import CompleteFlow, CompleteFlowCommand
from pip_hub.domain.errors import ConnectorsMissing
from pip_hub.domain.identifiers import FlowId


@attrs.frozen(kw_only=True)
class CompleteEndpoint:
    """`POST /integrations/complete`: back to the client with a code, or back to the page with what is missing."""

    complete_flow: CompleteFlow
    hub_page: HubPage

    async def post(self, request: Request) -> Response:
        fields = await read_form(request)
        flow_id, cookies = read_flow(request, fields), self.hub_page.cookies
        visitor = cookies.visitor(request)
        cookies.require_own_form(request, fields, visitor)
        try:
            answer = await self.complete_flow(CompleteFlowCommand(visitor=visitor, flow_id=flow_id or FlowId("")))
        except ConnectorsMissing as needed:
            if wants_json(request):
                raise
            return await self.hub_page.show(request, flow_id, missing=needed.names)
        return answer_flow(request, self.hub_page.pages, answer)


@attrs.frozen(kw_only=True)
class CancelEndpoint:
    """`POST /integrations/cancel`: back to the client with `access_denied`."""

    cancel_flow: CancelFlow
    cookies: BrowserCookies
    pages: Pages

    async def post(self, request: Request) -> Response:
        fields = await read_form(request)
        flow_id, visitor = read_flow(request, fields), self.cookies.visitor(request)
        self.cookies.require_own_form(request, fields, visitor)
        answer = await self.cancel_flow(CancelFlowCommand(visitor=visitor, flow_id=flow_id or FlowId("")))
        return answer_flow(request, self.pages, answer)


def answer_flow(request: Request, pages: Pages, answer: ReturnToClient | AlreadyAnswered) -> Response:
    """Off to the client; the second time a page that explains and offers the same way."""
    if isinstance(answer, ReturnToClient):
        return lead_to(request, answer.url)
    if wants_json(request):
        return JSONResponse({"location": answer.way_back, "outcome": answer.outcome})
    return pages.show("answered.html", answered=answer, came_back=False)
