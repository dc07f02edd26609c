"""Xero's sign-in and consent: choose who you are, choose one organisation, allow or cancel."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.sandbox import authorization
from pip_hub.adapters.sandbox.config import Pkce, XeroApp
from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.endpoints import fault_of
from pip_hub.adapters.sandbox.faults import FaultKind
from pip_hub.adapters.sandbox.pages import Page
from pip_hub.adapters.sandbox.people import XeroUser
from pip_hub.adapters.sandbox.reading import Params, form_of, query_of
from pip_hub.adapters.sandbox.records import AuthorizationRequest
from pip_hub.adapters.sandbox.refusals import CallbackRefused, PageRefused
from pip_hub.adapters.sandbox.tokens import fresh_value, is_s256_challenge
from pip_hub.adapters.sandbox.xero import scopes
from pip_hub.adapters.sandbox.xero.consent import grant
from pip_hub.adapters.sandbox.xero.tenants import connections_of

PROVIDER = "xero"
_UNPROCESSABLE = 422


@attrs.frozen(kw_only=True)
class XeroAuthorize:
    """The pages behind `/xero/identity/connect/authorize`."""

    sandbox: Sandbox

    async def start(self, http: Request) -> Response:
        """GET: check the request, then ask who is there."""
        request = self._checked(query_of(http))
        fault = fault_of(http)
        if fault is not None and fault.kind is FaultKind.DENY:
            raise CallbackRefused(location=authorization.declined(request))
        if fault is not None:
            raise scopes.refused(fault.detail or "")
        authorization.keep(self.sandbox.store, request)
        page = Page(
            "choose_account.html",
            {
                "provider": PROVIDER,
                "app": self._app(request).name,
                "request": request,
                "accounts": self.sandbox.config.people.xero_users,
                "next": f"{http.url.path}/organisation",
                "hint": None,
            },
        )
        return page.response(leads_to=request.redirect_uri)

    async def choose_organisation(self, http: Request) -> Response:
        """GET: show what is asked for and the organisations of the person who signed in."""
        query = query_of(http)
        request = authorization.find(self.sandbox.store, PROVIDER, query)
        return self._consent_page(request, self._user(query))

    async def decide(self, http: Request) -> Response:
        """POST: the person's decision."""
        form = await form_of(http)
        request = authorization.find(self.sandbox.store, PROVIDER, form)
        if request.answer is not None:
            return authorization.redirect(request.answer)
        if form.one("decision") != "allow":
            return authorization.settle(self.sandbox.store, request, authorization.declined(request))
        user = self._user(form)
        organisation = form.one("organisation")
        if organisation not in user.organisations:
            return self._consent_page(request, user, problem="Choose the organisation to connect.")
        code = grant(self.sandbox, request, user, organisation)
        return authorization.settle(self.sandbox.store, request, authorization.callback_url(request, code=code))

    def _consent_page(self, request: AuthorizationRequest, user: XeroUser, problem: str | None = None) -> Response:
        connected = {one.organisation for one in connections_of(self.sandbox.store, request.client_id, user.subject)}
        unconnected = [name for name in user.organisations if name not in connected]
        page = Page(
            "xero_consent.html",
            {
                "provider": PROVIDER,
                "app": self._app(request).name,
                "request": request,
                "account": user,
                "organisations": [(name, name in connected) for name in user.organisations],
                "chosen": None if problem else next(iter([*unconnected, *user.organisations]), None),
                "scopes": [scopes.SCOPES[scope] for scope in request.scopes],
                "problem": problem,
            },
        )
        return page.response(_UNPROCESSABLE if problem else 200, leads_to=request.redirect_uri)

    def _checked(self, query: Params) -> AuthorizationRequest:
        app = self.sandbox.config.xero_app(query.one("client_id") or "")
        if app is None:
            raise scopes.refused("unauthorized_client")
        redirect_uri = query.one("redirect_uri")
        if redirect_uri not in app.redirect_uris:
            raise scopes.refused("invalid_request : Invalid redirect_uri")
        if query.repeated() is not None:
            raise scopes.refused("invalid_request")
        if query.one("response_type") != "code":
            raise scopes.refused("unsupported_response_type")
        scopes.check(app, query.words("scope"))
        request = AuthorizationRequest(
            id=fresh_value(),
            provider=PROVIDER,
            client_id=app.client_id,
            redirect_uri=redirect_uri,
            scopes=query.words("scope"),
            state=query.one("state"),
            nonce=query.one("nonce"),
            code_challenge=query.one("code_challenge"),
            created_at=self.sandbox.store.now(),
        )
        _check_pkce(app, request, query.one("code_challenge_method"))
        return request

    def _app(self, request: AuthorizationRequest) -> XeroApp:
        app = self.sandbox.config.xero_app(request.client_id)
        if app is None:  # the file remembers a request of an app that is no longer registered
            raise scopes.refused("unauthorized_client")
        return app

    def _user(self, fields: Params) -> XeroUser:
        user = self.sandbox.config.people.xero_user(email=fields.one("account") or "")
        if user is None:
            raise PageRefused(
                provider=PROVIDER, status=400, code="Unknown user", text="There is nobody of that name in this sandbox."
            )
        return user


def _check_pkce(app: XeroApp, request: AuthorizationRequest, method: str | None) -> None:
    challenge = request.code_challenge
    if challenge is None:
        if app.pkce is Pkce.REQUIRED or app.client_secret is None or method is not None:
            raise scopes.refused("invalid_request : code challenge required")
        return
    if app.pkce is Pkce.REFUSED:
        # Reported of web apps; the words are Xero's.
        location = authorization.callback_url(
            request, error="access_denied", error_description="Requested wrong apps scopes"
        )
        raise CallbackRefused(location=location)
    if method != "S256" or not is_s256_challenge(challenge):
        raise scopes.refused("invalid_request : Transform algorithm not supported")
