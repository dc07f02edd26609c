"""What both providers do alike between an authorization request and the answer to the app."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

import attrs
from starlette.responses import RedirectResponse

from pip_hub.adapters.sandbox.reading import Params
from pip_hub.adapters.sandbox.records import AuthorizationRequest
from pip_hub.adapters.sandbox.refusals import PageRefused
from pip_hub.adapters.sandbox.store import Store

SEE_OTHER = 303
_BAD_REQUEST = 400


def callback_url(request: AuthorizationRequest, **answer: str) -> str:
    """The app's redirect URI with the answer and the app's `state` added to whatever query it has (RFC 6749 4.1.2)."""
    if request.state is not None:
        answer = {"state": request.state, **answer}
    parts = urlsplit(request.redirect_uri)
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(answer)]))))


def declined(request: AuthorizationRequest) -> str:
    """The answer of somebody who pressed Cancel (RFC 6749 4.1.2.1)."""
    return callback_url(request, error="access_denied")


def redirect(location: str) -> RedirectResponse:
    """To the app, always with GET."""
    return RedirectResponse(
        location, SEE_OTHER, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )


def keep(store: Store, request: AuthorizationRequest) -> None:
    """Remember a request until its person has decided; each page load is a request of its own."""
    with store.changing() as state:
        state.requests[request.id] = request


def find(store: Store, provider: str, form: Params) -> AuthorizationRequest:
    """The request whose id a form carries. The id is unguessable, so it also proves that our page sent the form.

    Raises:
        PageRefused: there is none, or it is too old.
    """
    request = store.state.requests.get(form.one("request") or "")
    if request is None or request.provider != provider:
        raise PageRefused(
            provider=provider,
            status=_BAD_REQUEST,
            code="Request expired",
            text="This page is too old, or was opened in the wrong place. Go back to the app and start again.",
        )
    return request


def settle(store: Store, request: AuthorizationRequest, location: str) -> RedirectResponse:
    """Answer a request, and remember the answer: a second click is sent to the same place."""
    with store.changing() as state:
        state.requests[request.id] = attrs.evolve(request, answer=location)
    return redirect(location)
