"""The provider sandbox for tests: on a free port, steered over its JSON calls, clicked through like a person.

    async with running_sandbox() as sandbox:
        callback = await sandbox.person.grant(authorize_url, account="alex@example.com")
        ...exchange `param(callback, "code")`...
        await sandbox.control.fail("google.token:refresh_token", status=503, retry_after=5)
        assert (await sandbox.control.calls())["google.token:refresh_token"] == 1

- `running_sandbox` takes the hub's address, a function that changes the demo set-up (another client, Testing mode …),
  and a state file for tests that stop and start it.
- `SandboxControl` has one method per JSON call; `pip_hub.adapters.sandbox.control` says what each means.
- `Person` follows the real pages by their forms, so a page that a person could not use fails the test. `grant` and
  `decline` do the whole visit; `visit`, `choose` and `press` do it step by step. All end at the address the app would
  be called back at, which is returned and not followed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import attrs
import httpx2

from pip_hub.adapters.sandbox import SandboxConfig, create_sandbox_app, demo_config
from tests.support.forms import Button, Form, Page, parse
from tests.support.loopback import listener, serving, url_of

HUB_URL = "http://localhost:8400"
"""Where the hub would be. Nothing needs to listen there: callbacks are returned, not followed."""


@attrs.frozen(kw_only=True)
class RunningSandbox:
    """A sandbox that answers at `url`, with the set-up it was started with and an HTTP client of its own."""

    url: str
    config: SandboxConfig
    http: httpx2.AsyncClient
    control: SandboxControl
    person: Person


@asynccontextmanager
async def running_sandbox(
    *,
    hub_url: str = HUB_URL,
    change: Callable[[SandboxConfig], SandboxConfig] = lambda config: config,
    state_file: Path | None = None,
    port: int = 0,
) -> AsyncIterator[RunningSandbox]:
    """Serve a sandbox with the demo's set-up, on a free port unless one is given (to start it a second time)."""
    with listener(port) as bound:
        url = url_of(bound)
        config = change(demo_config(url, hub_url))
        async with (
            serving(create_sandbox_app(config, state_file), bound),
            httpx2.AsyncClient(base_url=url, follow_redirects=False) as http,
        ):
            control = SandboxControl(http)
            try:
                yield RunningSandbox(url=url, config=config, http=http, control=control, person=Person(http, url))
            finally:
                await control.clear_faults()  # a call that hangs would keep the server from stopping


def param(url: str, name: str) -> str | None:
    """One parameter of an address's query."""
    return parse_qs(urlsplit(url).query, keep_blank_values=True).get(name, [None])[0]


class SandboxControl:
    """The sandbox's JSON calls."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def state(self) -> dict[str, Any]:
        """Everything that exists, without tokens."""
        return await self._get("state")

    async def calls(self) -> dict[str, int]:
        """Calls so far by endpoint name; an endpoint never called is missing."""
        return await self._get("calls")

    async def fail(
        self, endpoint: str, *, status: int = 500, times: int | None = 1, retry_after: int | None = None
    ) -> None:
        """Answer the next calls with this status; `times=None` means until cleared, here and below."""
        await self._fault(endpoint, "fail", times, status=status, retry_after=retry_after)

    async def hang(self, endpoint: str, *, seconds: int | None = None, times: int | None = 1) -> None:
        """Hold the next calls, by default until the caller gives up or `clear_faults` lets go of them."""
        await self._fault(endpoint, "hang", times, seconds=seconds)

    async def lose_answer(
        self, endpoint: str, *, how: Literal["drop", "silence"] = "drop", times: int | None = 1
    ) -> None:
        """Do the work of the next calls, then drop the connection or never answer."""
        await self._fault(endpoint, "lose_answer", times, detail=how)

    async def garbage(self, endpoint: str, detail: str, *, times: int | None = 1) -> None:
        """Answer nonsense: html, empty, json_without_error, error_in_200, list or broken_json."""
        await self._fault(endpoint, "garbage", times, detail=detail)

    async def refuse(self, endpoint: str, error: str, *, times: int | None = 1) -> None:
        """Answer an OAuth error: invalid_grant, invalid_client, invalid_scope or unauthorized_client."""
        await self._fault(endpoint, "refuse", times, detail=error)

    async def deny(self, endpoint: str, *, times: int | None = 1) -> None:
        """Make an authorization endpoint answer `access_denied` without asking anybody."""
        await self._fault(endpoint, "deny", times)

    async def block(self, endpoint: str, reason: str, *, times: int | None = 1) -> None:
        """Make an authorization endpoint show the provider's own error page: admin_policy_enforced or org_internal."""
        await self._fault(endpoint, "block", times, detail=reason)

    async def clear_faults(self) -> None:
        """Let everything work again, calls that hang included."""
        await self.post("faults/clear")

    async def move_clock(self, *, seconds: int = 0, minutes: int = 0, hours: int = 0, days: int = 0) -> None:
        """Move the sandbox's clock forward. What it signs carries the moved time."""
        await self.post("clock", seconds=seconds, minutes=minutes, hours=hours, days=days)

    async def disconnect_xero(self, *, organisation: str | None = None, user: str | None = None) -> int:
        """Disconnect inside Xero, as its user could; returns how many connections that ended."""
        answer = await self.post("xero/disconnect", organisation=organisation, user=user)
        return int(answer["disconnected"])

    async def tell_organisation(self, *, told: bool) -> None:
        """Whether Xero's next access tokens say which organisation was just connected."""
        await self.post("xero/tell-organisation", told=told)

    async def reset_organisation(self, organisation: str) -> None:
        """Reset a demo company: it comes back under a new tenant id."""
        await self.post("xero/reset-organisation", organisation=organisation)

    async def remove_google_app(self, *, account: str | None = None, project: str | None = None) -> int:
        """Remove the app on Google's account page, as its user could; returns how many grants that ended."""
        answer = await self.post("google/remove-app", account=account, project=project)
        return int(answer["removed"])

    async def reset(self) -> None:
        """Forget everything but the signing keys."""
        await self.post("reset")

    async def post(self, action: str, **asked: object) -> dict[str, Any]:
        """Any action by its name."""
        response = await self._http.post(f"/control/api/{action}", json=asked)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def _get(self, what: str) -> dict[str, Any]:
        response = await self._http.get(f"/control/api/{what}")
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def _fault(self, endpoint: str, kind: str, times: int | None, **more: object) -> None:
        await self.post("faults", endpoint=endpoint, kind=kind, times=times, **more)


@attrs.frozen
class Callback:
    """Where the provider sent the browser in the end: outside the sandbox."""

    url: str


class Person:
    """Somebody at a browser, on the pages of the sandbox at `site`."""

    def __init__(self, http: httpx2.AsyncClient, site: str) -> None:
        self._http = http
        self._site = site

    async def grant(
        self,
        authorize_url: str,
        *,
        account: str = "alex@example.com",
        organisation: str | None = None,
        untick: Collection[str] = (),
    ) -> str:
        """Allow what the app asks, and return the callback address.

        Args:
            authorize_url: where the app sends the browser.
            account: whom to be, by email; not asked for when the app's hint already decides it.
            organisation: which one to connect (Xero); by default the one the page suggests.
            untick: scopes not to grant (Google), in full.
        """
        page = await self._reach_consent(authorize_url, account)
        if isinstance(page, Callback):
            return page.url
        choices = {"organisation": organisation} if organisation else {}
        return _callback(await self.press(page, "allow", choices=choices, untick=untick))

    async def decline(self, authorize_url: str, *, account: str = "alex@example.com") -> str:
        """Press Cancel on the consent page, and return the callback address."""
        page = await self._reach_consent(authorize_url, account)
        assert isinstance(page, Page), "there was no consent page to decline"
        return _callback(await self.press(page, "decline"))

    async def visit(self, url: str) -> Page | Callback:
        """Open an address."""
        return await self._follow("GET", url)

    async def choose(self, page: Page, account: str) -> Page | Callback:
        """Press the button of an account."""
        return await self._submit(page, *page.button("data-account", account))

    async def press(
        self, page: Page, action: str, *, choices: dict[str, str] | None = None, untick: Collection[str] = ()
    ) -> Page | Callback:
        """Press a button by its `data-action`, after choosing radio buttons and clearing tick boxes by their value."""
        form, button = page.button("data-action", action)
        return await self._submit(page, form.filled(choices or {}, untick), button)

    async def _reach_consent(self, authorize_url: str, account: str) -> Page | Callback:
        page = await self.visit(authorize_url)
        if isinstance(page, Page) and page.has("data-account"):
            page = await self.choose(page, account)
        return page

    async def _submit(self, page: Page, form: Form, button: Button) -> Page | Callback:
        fields = [*form.fields, *([(button.name, button.value)] if button.name else [])]
        target = urljoin(page.url, form.action)
        if form.method == "get":
            return await self._follow("GET", f"{target}?{urlencode(fields)}")
        return await self._follow("POST", target, urlencode(fields))

    async def _follow(self, method: str, url: str, body: str | None = None) -> Page | Callback:
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self._site} if body else {}
        response = await self._http.request(method, url, content=body, headers=headers)
        while response.is_redirect:
            assert response.status_code == 303, "a browser must follow with GET"
            url = urljoin(url, response.headers["location"])
            if not url.startswith(f"{self._site}/"):
                return Callback(url)
            response = await self._http.get(url)
        return parse(url, response.status_code, response.text)


def _callback(end: Page | Callback) -> str:
    assert isinstance(end, Callback), f"no callback, but a page: {end.text}"
    return end.url
