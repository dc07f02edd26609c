"""Turns every refusal into what the provider would answer."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pip_hub.adapters.sandbox.authorization import redirect
from pip_hub.adapters.sandbox.pages import PROVIDER_NAMES, Page
from pip_hub.adapters.sandbox.refusals import ApiRefused, CallbackRefused, OAuthRefused, PageRefused, Unreadable


async def answer_refusal(http: Request, refused: Exception) -> Response:
    """The answer to a `Refusal`, or to a path or method that does not exist."""
    match refused:
        case OAuthRefused():
            description = {} if refused.description is None else {"error_description": refused.description}
            headers = {"Cache-Control": "no-store", **refused.headers}
            return JSONResponse({"error": refused.error, **description}, refused.status, headers)
        case ApiRefused():
            return JSONResponse(refused.body, refused.status, refused.headers)
        case CallbackRefused():
            return redirect(refused.location)
        case PageRefused():
            return _error_page(refused.provider, refused.status, refused.code, refused.text, refused.way_back)
        case Unreadable():
            return _error_page(_provider(http), refused.status, f"Error {refused.status}", refused.reason)
        case HTTPException():
            code = f"{refused.status_code} {refused.detail}"
            page = _error_page(_provider(http), refused.status_code, code, "The sandbox has nothing to show here.")
            page.headers.update(refused.headers or {})
            return page
        case _:
            raise refused


def _error_page(provider: str | None, status: int, code: str, text: str, way_back: str | None = None) -> Response:
    context = {"provider": provider, "code": code, "text": text, "way_back": way_back}
    return Page("refused.html", context).response(status)


def _provider(http: Request) -> str | None:
    first = http.url.path.split("/")[1]
    return first if first in PROVIDER_NAMES else None
