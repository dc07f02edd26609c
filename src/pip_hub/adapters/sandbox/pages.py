"""Renders the sandbox's pages, with the headers that keep them harmless."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import attrs
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

HERE = Path(__file__).parent

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

PROVIDER_NAMES: Mapping[str, str] = {"xero": "Xero", "google": "Google"}
_ENVIRONMENT.globals["provider_names"] = PROVIDER_NAMES
_ENVIRONMENT.filters["host"] = lambda url: urlsplit(url).netloc
_ENVIRONMENT.filters["initials"] = lambda name: "".join(word[0] for word in name.split()[:2])


@attrs.frozen
class Page:
    """A template and what it shows."""

    template: str
    context: Mapping[str, object]

    def response(self, status: int = 200, *, leads_to: str | None = None) -> HTMLResponse:
        """The page as an answer.

        `leads_to` is an address that a form of this page may end up at. Chromium applies `form-action` to the redirects
        after a form as well, so the origin of the app's callback has to be named.
        """
        html = _ENVIRONMENT.get_template(self.template).render(**self.context)
        return HTMLResponse(html, status, headers=_headers(leads_to))


def _headers(leads_to: str | None) -> dict[str, str]:
    targets = "'self'" if leads_to is None else f"'self' {_origin(leads_to)}"
    return {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action {targets}"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",  # with "no-referrer" browsers send "Origin: null" with our own forms
        "X-Content-Type-Options": "nosniff",
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
