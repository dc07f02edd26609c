"""The two cookies of a browser, and the proof in our forms that they are ours.

`pip_hub_session` proves who is signed in. `pip_hub_browser` proves nothing about a person, only that this is the same
browser as before; flows are bound to it (docs/decisions/0004).

Forms carry `csrf`, derived by HMAC from the session or, on the sign-in page, from the browser secret; nothing is
stored, so fetching a page twice cannot invalidate the first. One gap would be left: two tabs opened at once before
there is a cookie each get a browser secret of their own, and the browser keeps the last. So the page that introduces a
secret sets it a second time, under a name of its own and for an hour, and a sign-in form is good when it was derived
from any secret this browser brings. Another site can make a browser send cookies, but it cannot read one or set one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import timedelta

import attrs
from starlette.requests import Request
from starlette.responses import Response

from pip_hub.adapters.web.addresses import Addresses
from pip_hub.adapters.web.forms import Fields
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.domain.errors import ForgedForm, NotSignedIn
from pip_hub.domain.secret import Secret, digest_of

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")  # the shape `SecretSource` promises
_BROWSER_LIFETIME = timedelta(days=365)
_PAGE_LIFETIME = timedelta(hours=1)
_MAX_PAGE_COOKIES = 8


@attrs.frozen(kw_only=True)
class Acquaintance:
    """A browser's secret; `is_new` when the browser does not have it yet."""

    secret: Secret
    is_new: bool


@attrs.frozen(kw_only=True)
class BrowserCookies:
    """Reads and writes them. On https their names begin with `__Host-`, so no other host or path can set them."""

    addresses: Addresses
    secrets: SecretSource
    session_lifetime: timedelta

    def visitor(self, request: Request) -> Visitor:
        """Who this browser says it is; a malformed cookie is as good as none."""
        return Visitor(
            session=_secret(request.cookies.get(self.session_name)),
            browser=_secret(request.cookies.get(self.browser_name)),
        )

    @property
    def session_name(self) -> str:
        return self._name("session")

    @property
    def browser_name(self) -> str:
        return self._name("browser")

    # -- What forms carry -----------------------------------------------------------------------------------------

    def form_token(self, visitor: Visitor) -> str:
        """The `csrf` of a signed-in person's forms.

        Raises:
            NotSignedIn: there is no session cookie.
        """
        if visitor.session is None:
            raise NotSignedIn
        return _token("hub form", visitor.session)

    def sign_in_token(self, browser: Secret) -> str:
        """The `csrf` of a sign-in page."""
        return _token("sign-in form", browser)

    def require_own_form(self, request: Request, fields: Fields, visitor: Visitor) -> None:
        """Let only forms pass that this server made for this session.

        Raises:
            NotSignedIn: there is no session cookie.
            ForgedForm: it comes from elsewhere.
        """
        expected = self.form_token(visitor)
        self.require_same_origin(request)
        _require_match(fields, [expected])

    def require_own_sign_in_form(self, request: Request, fields: Fields) -> None:
        """Let only sign-in forms pass that this server made for this browser.

        Raises:
            ForgedForm: it comes from elsewhere, or the browser keeps no cookies.
        """
        self.require_same_origin(request)
        _require_match(fields, [self.sign_in_token(secret) for secret in self._introduced(request)])

    def require_same_origin(self, request: Request) -> None:
        """Refuse what another site sent, before anything is answered that could set or delete a cookie.

        A cross-site POST brings none of our cookies, but a browser obeys `Set-Cookie` on its answer.

        Raises:
            ForgedForm: the browser says that it comes from elsewhere.
        """
        # Both headers are the browser's own and out of a page's reach. Old browsers send neither.
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site not in {None, "same-origin", "none"} or origin not in {None, self.addresses.origin}:
            raise ForgedForm

    def _introduced(self, request: Request) -> list[Secret]:
        page_prefix = self._name("page_")
        names = [name for name in request.cookies if name.startswith(page_prefix)][:_MAX_PAGE_COOKIES]
        values = [_secret(request.cookies.get(name)) for name in (self.browser_name, *names)]
        return [value for value in values if value is not None]

    # -- What answers set -----------------------------------------------------------------------------------------

    def acquaint(self, request: Request) -> Acquaintance:
        """The browser's secret, a fresh one if it brought none."""
        secret = self.visitor(request).browser
        if secret is not None:
            return Acquaintance(secret=secret, is_new=False)
        return Acquaintance(secret=self.secrets.secret(), is_new=True)

    def introduce(self, response: Response, browser: Acquaintance) -> None:
        """Hand a fresh secret over; a known one stays as it is, so no second page strands a first."""
        if browser.is_new:
            page_name = self._name(f"page_{digest_of(browser.secret).value[:12]}")
            self.keep_browser(response, browser.secret)
            self._set(response, page_name, browser.secret, _PAGE_LIFETIME)

    def keep_browser(self, response: Response, browser: Secret) -> None:
        """Let the browser keep its secret for another year."""
        self._set(response, self.browser_name, browser, _BROWSER_LIFETIME)

    def keep_session(self, response: Response, session: Secret) -> None:
        """Let the browser keep its session for as long as it lives here, counted from now."""
        self._set(response, self.session_name, session, self.session_lifetime)

    def forget_session(self, response: Response) -> None:
        """Take the session cookie away."""
        response.delete_cookie(self.session_name, path="/", secure=self.addresses.is_https, httponly=True)

    def _set(self, response: Response, name: str, value: Secret, lifetime: timedelta) -> None:
        response.set_cookie(
            name,
            value.reveal(),
            max_age=int(lifetime.total_seconds()),
            path="/",
            secure=self.addresses.is_https,
            httponly=True,
            samesite="lax",
        )

    def _name(self, what: str) -> str:
        return f"{'__Host-' if self.addresses.is_https else ''}pip_hub_{what}"


def _secret(cookie: str | None) -> Secret | None:
    return Secret(cookie) if cookie is not None and _SECRET.fullmatch(cookie) else None


def _token(label: str, secret: Secret) -> str:
    mac = hmac.digest(secret.reveal().encode(), f"pip-hub {label}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def _require_match(fields: Fields, expected: Iterable[str]) -> None:
    sent = (fields.one("csrf") or "").encode()
    if not any(hmac.compare_digest(sent, one.encode()) for one in expected):
        raise ForgedForm
