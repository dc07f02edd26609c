"""How the sample client's one page looks, and the headers it is sent with."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import attrs
import jinja2
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pip_hub.entrypoints.demo.mcp_config import DemoMcpConfig
from pip_hub.entrypoints.demo.sample_store import ToolAnswer, Visit
from pip_hub.entrypoints.demo.sample_tools import TOOL_FORMS

_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE / "static"
_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE / "templates" / "sample_client"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@attrs.frozen(kw_only=True)
class SamplePages:
    """Visits in, responses out."""

    config: DemoMcpConfig

    def home(self, visit: Visit) -> Response:
        """The page: nothing connected yet, or what the tools answered."""
        issuer = visit.tokens.server.issuer if visit.tokens else None
        return self._page(
            "home.html",
            visit=visit,
            valid_until=_valid_until(visit),
            mcp_url=self.config.resource,
            tools=TOOL_FORMS,
            answers=[(answer, _in_parts(answer, issuer)) for answer in visit.answers],
        )

    def strange_answer(self) -> Response:
        """For an answer that belongs to no sign-in of this browser: used before, made up, or meant for another one."""
        return self._page("strange_answer.html", status=400)

    def refused(self) -> Response:
        """For a form that another site posted."""
        return self._page("refused.html", status=403)

    def redirect(self, url: str) -> Response:
        """303, so that a reload repeats nothing."""
        return RedirectResponse(url, status_code=303, headers=self._headers())

    def _page(self, template: str, *, status: int = 200, **values: object) -> Response:
        html = _TEMPLATES.get_template(template).render(values)
        return HTMLResponse(html, status_code=status, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        hub = urlsplit(self.config.issuer)
        # Chromium holds the redirects that follow a form against form-action, and Connect leads to the hub.
        policy = (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {hub.scheme}://{hub.netloc}"
        )
        return {
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            # Not no-referrer: under it a browser sends its own forms with Origin: null.
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }


@attrs.frozen
class _Part:
    """A piece of an answer's text; one that is a link leads where it says."""

    text: str
    is_link: bool


def _in_parts(answer: ToolAnswer, issuer: str | None) -> list[_Part]:
    """The text, with its links to the hub told apart. A tool's text may say anything, so no other link becomes one."""
    if issuer is None:
        return [_Part(answer.text, is_link=False)]
    pieces = re.split(rf"({re.escape(issuer)}/[^\s\"'<>]*[\w/])", answer.text)
    return [_Part(piece, is_link=number % 2 == 1) for number, piece in enumerate(pieces)]


def _valid_until(visit: Visit) -> str | None:
    """The end of the access token in words."""
    if visit.tokens is None or visit.tokens.expires_at is None:
        return None
    if visit.tokens.expires_at <= time.time():
        return "expired"
    return f"valid until {datetime.fromtimestamp(visit.tokens.expires_at, UTC):%H:%M} UTC"
