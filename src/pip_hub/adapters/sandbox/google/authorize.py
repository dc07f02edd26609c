"""Google's account chooser and consent page."""

from __future__ import annotations

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.sandbox import authorization
from pip_hub.adapters.sandbox.config import GoogleProject, Publishing
from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.endpoints import fault_of
from pip_hub.adapters.sandbox.faults import FaultKind
from pip_hub.adapters.sandbox.google import scopes
from pip_hub.adapters.sandbox.google.consent import grant, granted_before
from pip_hub.adapters.sandbox.google.request import checked, refused
from pip_hub.adapters.sandbox.pages import Page
from pip_hub.adapters.sandbox.people import GoogleAccount
from pip_hub.adapters.sandbox.reading import Params, form_of, query_of
from pip_hub.adapters.sandbox.records import AuthorizationRequest
from pip_hub.adapters.sandbox.refusals import CallbackRefused, PageRefused

PROVIDER = "google"


@attrs.frozen(kw_only=True)
class GoogleAuthorize:
    """The pages behind `/google/o/oauth2/v2/auth`."""

    sandbox: Sandbox

    async def start(self, http: Request) -> Response:
        """GET: check the request, then ask which account; a hint saves the question unless the app insists on it."""
        request = checked(self.sandbox, query_of(http))
        fault = fault_of(http)
        if fault is not None and fault.kind is FaultKind.DENY:
            raise CallbackRefused(location=authorization.declined(request))
        if fault is not None:
            raise refused(fault.detail or "")
        authorization.keep(self.sandbox.store, request)
        hinted = self._hinted(request)
        if hinted is not None and "select_account" not in request.prompt:
            return self._asked(request, hinted)
        page = Page(
            "choose_account.html",
            {
                "provider": PROVIDER,
                "app": self._project(request).name,
                "request": request,
                "accounts": self.sandbox.config.people.google_accounts,
                "next": f"{http.url.path}/consent",
                "hint": hinted.email if hinted else None,
            },
        )
        return page.response(leads_to=request.redirect_uri)

    async def consent(self, http: Request) -> Response:
        """GET: what the app asks of the chosen account."""
        query = query_of(http)
        request = authorization.find(self.sandbox.store, PROVIDER, query)
        return self._asked(request, self._account(query))

    async def decide(self, http: Request) -> Response:
        """POST: the person's decision."""
        form = await form_of(http)
        request = authorization.find(self.sandbox.store, PROVIDER, form)
        if request.answer is not None:
            return authorization.redirect(request.answer)
        account = self._account(form)
        self._check_may_use(request, account)
        approved = self._approved(request, form) if form.one("decision") == "allow" else ()
        if not approved:
            return authorization.settle(self.sandbox.store, request, authorization.declined(request))
        return self._answer(request, account, approved, consented=True)

    def _asked(self, request: AuthorizationRequest, account: GoogleAccount) -> Response:
        if request.answer is not None:
            return authorization.redirect(request.answer)
        project = self._project(request)
        self._check_may_use(request, account)
        before = granted_before(self.sandbox.store, project.project_id, account.subject)
        if "consent" not in request.prompt and set(request.scopes) <= set(before):
            return self._answer(request, account, request.scopes, consented=False)
        boxes = scopes.tick_boxes(request.scopes)
        page = Page(
            "google_consent.html",
            {
                "provider": PROVIDER,
                "app": project.name,
                "request": request,
                "account": account,
                "next": "/google/o/oauth2/v2/auth/consent",
                "boxes": [(scope, scopes.SCOPES[scope]) for scope in boxes],
                "given": [scopes.SCOPES[scope] for scope in request.scopes if scope not in boxes],
                "in_testing": project.publishing is Publishing.TESTING,
            },
        )
        return page.response(leads_to=request.redirect_uri)

    def _answer(
        self, request: AuthorizationRequest, account: GoogleAccount, approved: tuple[str, ...], *, consented: bool
    ) -> Response:
        code = grant(self.sandbox, self._project(request), request, account, approved, consented=consented)
        answer = {
            "iss": self.sandbox.issuer(PROVIDER),
            "code": code.value,
            "scope": " ".join(code.scopes),
            "authuser": str(self.sandbox.config.people.google_accounts.index(account)),
            "prompt": "consent" if consented else "none",
        }
        if account.hosted_domain is not None:
            answer["hd"] = account.hosted_domain
        return authorization.settle(self.sandbox.store, request, authorization.callback_url(request, **answer))

    def _approved(self, request: AuthorizationRequest, form: Params) -> tuple[str, ...]:
        boxes, ticked = scopes.tick_boxes(request.scopes), form.many("scope")
        if not set(ticked) <= set(boxes):
            raise refused("invalid_scope")
        return tuple(scope for scope in request.scopes if scope not in boxes or scope in ticked)

    def _check_may_use(self, request: AuthorizationRequest, account: GoogleAccount) -> None:
        project = self._project(request)
        if project.publishing is Publishing.TESTING and account.email not in project.test_users:
            raise PageRefused(
                provider=PROVIDER,
                status=403,
                code="Error 403: access_denied",
                text=f"{project.name} is still being tested, and {account.email} is not one of its test users.",
                way_back=authorization.declined(request),
            )

    def _project(self, request: AuthorizationRequest) -> GoogleProject:
        project = self.sandbox.config.google_project(request.client_id)
        if project is None:  # the file remembers a request of a client that is no longer registered
            raise refused("invalid_client", status=401)
        return project

    def _hinted(self, request: AuthorizationRequest) -> GoogleAccount | None:
        hint = request.login_hint
        return self.sandbox.config.people.google_account(email=hint, subject=hint) if hint else None

    def _account(self, fields: Params) -> GoogleAccount:
        account = self.sandbox.config.people.google_account(email=fields.one("account") or "")
        if account is None:
            raise PageRefused(
                provider=PROVIDER, status=400, code="Unknown account", text="There is no such account in this sandbox."
            )
        return account
