"""Pages: templates with what they share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import attrs
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, Response

from pip_hub.adapters.web.addresses import Addresses
from pip_hub.adapters.web.headers import OWN_PAGES, SafeHeaders, content_security_policy
from pip_hub.adapters.web.times import long_date, time_of_day, timestamp
from pip_hub.application.policy import Policy

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
_ANY_CONNECTOR = "connector"


def _hashes() -> dict[str, str]:
    """Every static file with a hash of its content, so that a browser may keep it and still gets the next version."""
    files = [path for path in STATIC.rglob("*") if path.is_file()]
    return {path.relative_to(STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in files}


@attrs.frozen
class Pages:
    """Renders templates. Everything in them is escaped, and a name that is missing is an error, not an empty space."""

    policy: Policy
    _hashes: dict[str, str] = attrs.field(init=False, factory=_hashes)
    _templates: Environment = attrs.field(init=False)

    @_templates.default
    def _environment(self) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals.update(
            brand=self.policy.brand,
            app_url=self.policy.app_url,
            static=self._static,
            icon=self._icon,
            address=self.addresses.of,
            timestamp=timestamp,
            date=long_date,
            clock=time_of_day,
        )
        return environment

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.policy.issuer)

    def show(
        self, template: str, *, status: int = 200, targets: Iterable[str] = OWN_PAGES, **values: object
    ) -> Response:
        """The page. `targets` are the CSP sources its forms may lead to, redirects included."""
        html = self._templates.get_template(template).render(values)
        response = HTMLResponse(html, status_code=status)
        response.headers["Content-Security-Policy"] = content_security_policy(targets)
        return self.complete(response)

    def complete(self, response: Response) -> Response:
        """The answer with the headers that all have, for those that the middleware does not see."""
        SafeHeaders(is_https=self.addresses.is_https).complete(MutableHeaders(raw=response.raw_headers))
        return response

    def _static(self, path: str) -> str:
        return f"{self.addresses.of('/static')}/{path}?v={self._hashes[path]}"

    def _icon(self, name: str) -> str:
        """A connector's icon; one that is not drawn yet gets the common one."""
        path = f"icons/{name}.svg"
        return self._static(path if path in self._hashes else f"icons/{_ANY_CONNECTOR}.svg")
