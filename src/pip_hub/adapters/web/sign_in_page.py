"""The page to sign in or register on, with or without an authorization request in it."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.web.addresses import Onward
from pip_hub.adapters.web.browser import BrowserCookies
from pip_hub.adapters.web.errors import row_of
from pip_hub.adapters.web.forms import Fields
from pip_hub.adapters.web.headers import OWN_PAGES, form_targets
from pip_hub.adapters.web.messages import refusal
from pip_hub.adapters.web.oauth.authorization_request import as_parameters
from pip_hub.adapters.web.pages import Pages
from pip_hub.application.accounts.doorkeeper import Credentials, EntryAction
from pip_hub.application.flows.authorization_request import RawAuthorizationRequest
from pip_hub.application.flows.client_card import ClientCard
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.errors import ForgedForm, MalformedRequest, SignInRefused

Refusal = SignInRefused | ForgedForm
"""What shows the page again: the person mends it there, and only the password is typed anew."""


@attrs.frozen(kw_only=True)
class Shown:
    """What the page is shown with the second time."""

    refusal: Refusal
    email: str


@attrs.frozen(kw_only=True)
class SignInPage:
    """Shows it, and introduces the browser if we have not met."""

    pages: Pages
    cookies: BrowserCookies
    catalogue: ConnectorCatalogue

    def for_request(
        self, request: Request, raw: RawAuthorizationRequest, client: ClientCard, again: Shown | None = None
    ) -> Response:
        """The page inside an authorization request, which travels in hidden fields."""
        return self._show(
            request,
            action=self.pages.addresses.of("/oauth/authorize/submit"),
            hidden=as_parameters(raw),
            client=client,
            targets=form_targets(self.catalogue, client.redirect_uri),
            again=again,
        )

    def alone(self, request: Request, onward: Onward, again: Shown | None = None) -> Response:
        """The page on its own; afterwards it leads on."""
        return self._show(
            request,
            action=self.pages.addresses.sign_in(onward),
            hidden=(),
            client=None,
            targets=OWN_PAGES,
            again=again,
        )

    def _show(
        self,
        request: Request,
        *,
        action: str,
        hidden: Sequence[tuple[str, str]],
        client: ClientCard | None,
        targets: Sequence[str],
        again: Shown | None,
    ) -> Response:
        browser = self.cookies.acquaint(request)
        response = self.pages.show(
            "sign_in.html",
            status=row_of(type(again.refusal)).status if again else HTTPStatus.OK,
            targets=targets,
            action=action,
            hidden=hidden,
            client=client,
            csrf=self.cookies.sign_in_token(browser.secret),
            email=again.email if again else "",
            problem=refusal(again.refusal) if again else None,
            registration_open=self.pages.policy.registration_open,
        )
        self.cookies.introduce(response, browser)
        return response


def read_credentials(fields: Fields) -> Credentials:
    """What was typed, and which of the two buttons was pressed.

    Raises:
        MalformedRequest: neither of them.
    """
    try:
        action = EntryAction(fields.one("action") or "")
    except ValueError:
        raise MalformedRequest from None
    return Credentials(action=action, email=fields.one("email") or "", password=fields.one("password") or "")
