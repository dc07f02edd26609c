"""The hub page, in a flow or on its own."""

from __future__ import annotations

from http import HTTPStatus

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.web.browser import BrowserCookies
from pip_hub.adapters.web.headers import form_targets
from pip_hub.adapters.web.hub.banners import Banner, banners, must_connect
from pip_hub.adapters.web.hub.card_words import notes_of
from pip_hub.adapters.web.hub.deep_link import prompt
from pip_hub.adapters.web.hub.words import level_name, what_it_can_do
from pip_hub.adapters.web.messages import listed
from pip_hub.adapters.web.oauth.authorization_request import asked_again
from pip_hub.adapters.web.pages import Pages
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.flows.answered import AlreadyAnswered
from pip_hub.application.flows.view_hub import HubView, ViewHub, ViewHubCommand
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.identifiers import ConnectorKey, FlowId


@attrs.frozen(kw_only=True)
class HubPage:
    """Shows it to a signed-in person."""

    view_hub: ViewHub
    pages: Pages
    cookies: BrowserCookies
    catalogue: ConnectorCatalogue

    async def show(
        self,
        request: Request,
        flow_id: FlowId | None,
        *,
        wanted: ConnectorKey | None = None,
        missing: tuple[str, ...] = (),
    ) -> Response:
        """The page. With `wanted`, the connector that an app sent the user here for, its card comes first; with
        `missing`, the names of connectors without which Continue was refused, it says so (409).

        Raises:
            NotSignedIn, FlowNotOpen: see `ViewHub`.
        """
        visitor = self.cookies.visitor(request)
        command = ViewHubCommand(visitor=visitor, flow_id=flow_id, take_notices=_is_being_looked_at(request))
        view = await self.view_hub(command)
        if isinstance(view, AlreadyAnswered):
            # 400 like every flow that cannot be used any more; but its own user is told what became of it.
            return self.pages.show("answered.html", status=HTTPStatus.BAD_REQUEST, answered=view, came_back=True)
        told = [must_connect(missing)] if missing else banners(view, self.pages.policy.brand)
        told += [prompt(card, in_flow=view.flow is not None) for card in view.connectors if card.key == wanted]
        response = self._page(view, visitor, told, wanted, HTTPStatus.CONFLICT if missing else HTTPStatus.OK)
        self._keep(response, visitor)
        return response

    def _page(
        self, view: HubView, visitor: Visitor, told: list[Banner], wanted: ConnectorKey | None, status: HTTPStatus
    ) -> Response:
        specs = {spec.key: spec for spec in self.catalogue}
        cards = sorted(view.connectors, key=lambda card: card.key != wanted)
        flow = view.flow
        response = self.pages.show(
            "hub.html",
            status=status,
            targets=form_targets(self.catalogue, flow.client.redirect_uri if flow else None),
            view=view,
            cards=[(card, notes_of(card, specs[card.key], self.pages.policy.brand)) for card in cards],
            wanted=wanted,
            banners=told,
            csrf=self.cookies.form_token(visitor),
            level_name=level_name,
            abilities=what_it_can_do(flow) if flow else (),
            missing=listed(tuple(card.name for card in view.missing)),
            asked_again=asked_again(flow.request) if flow else (),
            activity=self.pages.addresses.activity(flow.id if flow else None),
        )
        if flow is None:
            # Never in a flow: a client may have opened it in a popup and waits to hear from that window, and this
            # header cuts the two apart for good.
            response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response

    def _keep(self, response: Response, visitor: Visitor) -> None:
        if visitor.session is not None:
            self.cookies.keep_session(response, visitor.session)
        if visitor.browser is not None:
            self.cookies.keep_browser(response, visitor.browser)


def _is_being_looked_at(request: Request) -> bool:
    """Notices are shown once, so they are not spent on a page fetched ahead, or for its headers."""
    return request.method != "HEAD" and "prefetch" not in request.headers.get("sec-purpose", "")
