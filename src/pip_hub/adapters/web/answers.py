"""How a form is answered: a redirect for people, JSON for programs."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response


def wants_json(request: Request) -> bool:
    """Whether the sender asked for JSON. Browsers that show a page always name HTML as well."""
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept


def see_other(url: str) -> Response:
    """303, never 307: a form is not to be posted again to wherever it leads (RFC 9700 4.12)."""
    return RedirectResponse(url, HTTPStatus.SEE_OTHER)


def lead_to(request: Request, url: str) -> Response:
    """The answer to a form: go there, or the same in JSON."""
    return JSONResponse({"location": url}) if wants_json(request) else see_other(url)
