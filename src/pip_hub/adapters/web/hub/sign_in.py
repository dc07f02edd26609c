"""Signing in without an authorization request, and signing out."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.web.answers import lead_to, wants_json
from pip_hub.adapters.web.browser import BrowserCookies
from pip_hub.adapters.web.forms import read_form, read_query
from pip_hub.adapters.web.hub.reading import read_onward
from pip_hub.adapters.web.oauth.authorization_request import as_parameters, read_authorization_request
from pip_hub.adapters.web.pages import Pages
from pip_hub.adapters.web.sign_in_page import Shown, SignInPage, read_credentials
from pip_hub.application.accounts.sign_in import SignIn, SignInCommand
from pip_hub.application.accounts.sign_out import SignOut, SignOutCommand
from pip_hub.domain.errors import ForgedForm, SignInRefused


@attrs.frozen(kw_only=True)
class SignInEndpoint:
    """`GET` and `POST /sign-in`: afterwards on to the page that `return_to` means."""

    sign_in: SignIn
    sign_in_page: SignInPage

    async def get(self, request: Request) -> Response:
        onward = read_onward(read_query(request), self.sign_in_page.catalogue)
        return self.sign_in_page.alone(request, onward)

    async def post(self, request: Request) -> Response:
        cookies, addresses = self.sign_in_page.cookies, self.sign_in_page.pages.addresses
        cookies.require_same_origin(request)
        onward = read_onward(read_query(request), self.sign_in_page.catalogue)
        fields = await read_form(request)
        try:
            cookies.require_own_sign_in_form(request, fields)
            command = SignInCommand(visitor=cookies.visitor(request), credentials=read_credentials(fields))
            begun = await self.sign_in(command)
        except (SignInRefused, ForgedForm) as refusal:
            if wants_json(request):
                raise
            return self.sign_in_page.alone(request, onward, Shown(refusal=refusal, email=fields.one("email") or ""))
        response = lead_to(request, addresses.absolute(addresses.onward(onward)))
        cookies.keep_session(response, begun.session)
        return response


@attrs.frozen(kw_only=True)
class SignOutEndpoint:
    """`POST /sign-out`. With an authorization request in the form, it is asked again for the next account."""

    sign_out: SignOut
    cookies: BrowserCookies
    pages: Pages

    async def post(self, request: Request) -> Response:
        self.cookies.require_same_origin(request)
        fields = await read_form(request)
        asked = as_parameters(read_authorization_request(fields))
        visitor = self.cookies.visitor(request)
        if visitor.session is not None:
            self.cookies.require_own_form(request, fields, visitor)
            await self.sign_out(SignOutCommand(visitor=visitor))
        addresses = self.pages.addresses
        response = lead_to(request, addresses.absolute(addresses.authorize(asked) if asked else addresses.sign_in()))
        if visitor.session is not None:
            self.cookies.forget_session(response)
        return response
