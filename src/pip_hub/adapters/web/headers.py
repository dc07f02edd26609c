"""The headers that keep our pages harmless. What they say about forms: docs/decisions/0002-form-action.md."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import attrs
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.redirect_uri import RedirectUri

OWN_PAGES = ("'self'",)
"""Form targets of a page whose forms lead nowhere else."""

_HOST = re.compile(r"[A-Za-z0-9.-]+")


def form_targets(catalogue: ConnectorCatalogue, redirect_uri: RedirectUri | None = None) -> tuple[str, ...]:
    """Where the forms of the hub may lead in the end: providers, and the client that is asking."""
    places = [spec.authorize_url for spec in catalogue if spec.available]
    if redirect_uri is not None:
        places.append(redirect_uri.value)
    return tuple(dict.fromkeys([*OWN_PAGES, "https:", *(_source(place) for place in places)]))


def _source(url: str) -> str:
    """A CSP source (CSP Level 3, 2.3.1) that covers this URL."""
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname and _HOST.fullmatch(parts.hostname):
        port = f":{parts.port}" if parts.port is not None else ""
        return f"http://{parts.hostname}{port}"
    # An IPv6 address cannot be written as a source, and an application's own scheme has no hosts.
    return f"{parts.scheme}:"


def content_security_policy(targets: Iterable[str] = ()) -> str:
    """No scripts, no frames, nothing from elsewhere."""
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action {' '.join(targets) or chr(39) + 'none' + chr(39)}"
    )


@attrs.frozen(kw_only=True)
class SafeHeaders:
    """The headers that every answer has, unless its endpoint knows better."""

    is_https: bool

    def complete(self, headers: MutableHeaders) -> None:
        """Add what is missing."""
        headers.setdefault("Cache-Control", "no-store")
        headers.setdefault("Content-Security-Policy", content_security_policy())
        # Not no-referrer: under it Chromium sends our own forms with `Origin: null`. Addresses of the hub carry a flow
        # id, which therefore never leaves this origin.
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        if self.is_https:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")


class SafeHeadersMiddleware:
    """Completes the headers of every answer on its way out."""

    def __init__(self, app: ASGIApp, *, safe: SafeHeaders) -> None:
        self._app = app
        self._safe = safe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._safe.complete(MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, send_completed)
