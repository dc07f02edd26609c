"""The authorization endpoint (RFC 6749 3.1): where a flow begins."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.web.answers import lead_to, see_other, wants_json
from pip_hub.adapters.web.browser import BrowserCookies
from pip_hub.adapters.web.forms import Fields, read_form, read_query
from pip_hub.adapters.web.oauth.authorization_request import read_authorization_request
from pip_hub.adapters.web.sign_in_page import Shown, SignInPage, read_credentials
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.flows.authorization_request import RawAuthorizationRequest
from pip_hub.application.flows.start_flow import FlowStarted, SignInNeeded, StartFlow, StartFlowCommand
from pip_hub.domain.errors import ForgedForm, NotSignedIn, SignInRefused


@attrs.frozen(kw_only=True)
class AuthorizeEndpoint:
    """`GET /oauth/authorize`: the sign-in page, or straight to the hub for somebody who is signed in."""

    start_flow: StartFlow
    sign_in_page: SignInPage

    async def get(self, request: Request) -> Response:
        raw = read_authorization_request(read_query(request))
        visitor = self.sign_in_page.cookies.visitor(request)
        outcome = await self.start_flow(StartFlowCommand(visitor=visitor, raw=raw))
        if isinstance(outcome, SignInNeeded):
            return self.sign_in_page.for_request(request, raw, outcome.client)
        addresses = self.sign_in_page.pages.addresses
        return see_other(addresses.absolute(addresses.hub(outcome.flow_id)))


@attrs.frozen(kw_only=True)
class SubmitEndpoint:
    """`POST /oauth/authorize/submit`: the sign-in page's answer, with the request in it."""

    start_flow: StartFlow
    sign_in_page: SignInPage

    @property
    def cookies(self) -> BrowserCookies:
        return self.sign_in_page.cookies

    async def post(self, request: Request) -> Response:
        self.cookies.require_same_origin(request)
        fields = await read_form(request)
        raw = read_authorization_request(fields)
        try:
            started = await self._start(request, fields, raw)
        except (SignInRefused, ForgedForm) as refusal:
            if wants_json(request):
                raise
            return await self._again(request, raw, Shown(refusal=refusal, email=fields.one("email") or ""))
        addresses = self.sign_in_page.pages.addresses
        response = lead_to(request, addresses.absolute(addresses.hub(started.flow_id)))
        if started.session is not None:
            self.cookies.keep_session(response, started.session)
        return response

    async def _start(self, request: Request, fields: Fields, raw: RawAuthorizationRequest) -> FlowStarted:
        self.cookies.require_own_sign_in_form(request, fields)
        command = StartFlowCommand(visitor=self.cookies.visitor(request), raw=raw, credentials=read_credentials(fields))
        outcome = await self.start_flow(command)
        if isinstance(outcome, SignInNeeded):  # not with credentials
            raise NotSignedIn
        return outcome

    async def _again(self, request: Request, raw: RawAuthorizationRequest, shown: Shown) -> Response:
        # As nobody, so that nothing is stored: this only tells who is asking, and refuses a request that is wrong.
        nobody = Visitor(session=None, browser=None)
        outcome = await self.start_flow(StartFlowCommand(visitor=nobody, raw=raw))
        if isinstance(outcome, FlowStarted):  # not for nobody
            raise shown.refusal
        return self.sign_in_page.for_request(request, raw, outcome.client, shown)
