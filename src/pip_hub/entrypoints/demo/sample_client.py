"""The sample client's pages: for people who have no MCP client at hand, and for tests that have only a browser.

It does what a real client does and keeps apart from the hub what a real client would: it talks to the MCP server and
to the hub over HTTP only, knows nothing of either but what they publish, and works without JavaScript.
"""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final
from weakref import WeakValueDictionary

import anyio
import attrs
import httpx2
from mcp.server.transport_security import RequestBodyLimitMiddleware
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from pip_hub.entrypoints.demo.mcp_config import DemoMcpConfig
from pip_hub.entrypoints.demo.sample_calls import ToolCall, call_tools
from pip_hub.entrypoints.demo.sample_oauth import code_from, give_back, redeem, renew, set_out
from pip_hub.entrypoints.demo.sample_pages import STATIC, SamplePages
from pip_hub.entrypoints.demo.sample_store import SampleStore, SignIn, Visit
from pip_hub.entrypoints.demo.sample_tools import FIRST_CALLS, LARGEST_FORM, call_from
from pip_hub.entrypoints.demo.sample_trail import AccessEnded, RegistrationGone, SampleTrouble, Trail

HOME: Final = "/sample-client"
CALLBACK: Final = f"{HOME}/callback"
COOKIE: Final = "sample_client"
"""Cookies ignore ports, so this name is seen by the hub too, and must not be one of the hub's own."""

_COOKIE_LIFETIME: Final = 30 * 24 * 60 * 60
"""Seconds."""

_ANSWER_MEMBERS: Final = ("code", "state", "iss", "error")

Deed = Callable[[Trail, Visit], AsyncIterator[Visit]]
"""Work for one browser: each visit that comes out is remembered before the work goes on."""


def sample_client_routes(config: DemoMcpConfig, http: httpx2.AsyncClient) -> list[BaseRoute]:
    """Every URL of the sample client."""
    client = SampleClient(
        config=config, http=http, store=SampleStore(path=config.sample_client_file), pages=SamplePages(config=config)
    )
    small_forms = Middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST_FORM)
    return [
        Route(HOME, client.home),
        Route(CALLBACK, client.callback),
        Route(f"{HOME}/connect", client.connect, methods=["POST"]),
        Route(f"{HOME}/call", client.call, methods=["POST"]),
        Route(f"{HOME}/tool", client.tool, methods=["POST"], middleware=[small_forms]),
        Route(f"{HOME}/refresh", client.refresh, methods=["POST"]),
        Route(f"{HOME}/forget", client.forget, methods=["POST"]),
        Mount(f"{HOME}/static", StaticFiles(directory=STATIC)),
    ]


@attrs.frozen(kw_only=True)
class SampleClient:
    """The endpoints. Each POST and the callback end in a redirect to the one page, which shows what came of it."""

    config: DemoMcpConfig
    http: httpx2.AsyncClient
    store: SampleStore
    pages: SamplePages
    _turns: WeakValueDictionary[str, anyio.Lock] = attrs.field(factory=WeakValueDictionary, init=False)

    async def home(self, request: Request) -> Response:
        """What is known about this browser, and what it can do next."""
        if request.headers.get("host") != self.config.origin.partition("://")[2]:
            # The cookie and the callback belong to one name of this machine; another would lose both on the way.
            return self.pages.redirect(f"{self.config.origin}{HOME}")
        return self.pages.home(self._visit(_cookie(request)))

    async def connect(self, request: Request) -> Response:
        """Begin a sign-in and send the browser to the hub."""
        if not self._is_own_form(request):
            return self.pages.refused()
        # A browser gets a new secret unless it comes with one that was made here: nobody can plant theirs.
        cookie = _cookie(request) if self.store.get(_cookie(request)) else secrets.token_urlsafe(32)
        async with self._turn(cookie):
            target = await self._set_out(cookie)
        response = self.pages.redirect(target)
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=_COOKIE_LIFETIME,
            path=HOME,
            httponly=True,
            samesite="lax",
            secure=self.config.origin.startswith("https://"),
        )
        return response

    async def callback(self, request: Request) -> Response:
        """Take the hub's answer, fetch the tokens and use them at once."""
        if any(len(request.query_params.getlist(member)) > 1 for member in _ANSWER_MEMBERS):
            return self.pages.strange_answer()
        cookie, answer = _cookie(request), dict(request.query_params)
        async with self._turn(cookie):
            visit = self._visit(cookie)
            sign_in = next((begun for begun in visit.sign_ins if begun.state == answer.get("state")), None)
            if sign_in is None:
                return self.pages.strange_answer()
            self.store.put(cookie, visit.without_sign_in(sign_in))
            await self._do(cookie, _arrival(sign_in, answer), Trail(http=self.http, steps=list(visit.steps)))
        return self.pages.redirect(HOME)

    async def call(self, request: Request) -> Response:
        """Call the tools once more with the token at hand."""
        return await self._act(request, _call_again)

    async def tool(self, request: Request) -> Response:
        """Call one tool, with what the person typed."""
        if not self._is_own_form(request):
            return self.pages.refused()
        async with request.form(max_files=0) as form:
            call = call_from(form)
        return self.pages.redirect(HOME) if call is None else await self._act(request, _calling(call))

    async def refresh(self, request: Request) -> Response:
        """Get a new access token first, then call the tools with it."""
        return await self._act(request, _refresh_and_call)

    async def forget(self, request: Request) -> Response:
        """Give the tokens back, and remember nothing."""
        response = await self._act(request, _give_back)
        if response.status_code == httpx2.codes.SEE_OTHER:
            self.store.remove(_cookie(request))
            response.delete_cookie(COOKIE, path=HOME)
        return response

    async def _act(self, request: Request, deed: Deed) -> Response:
        if not self._is_own_form(request):
            return self.pages.refused()
        async with self._turn(_cookie(request)):
            if self.store.get(_cookie(request)) is not None:
                await self._do(_cookie(request), deed, Trail(http=self.http))
        return self.pages.redirect(HOME)

    async def _set_out(self, cookie: str) -> str:
        """Where the browser goes next: to the hub, or home with a problem to read."""
        visit, trail = self._visit(cookie), Trail(http=self.http)
        redirect_uri = f"{self.config.origin}{CALLBACK}"
        try:
            departure = await set_out(trail, self.config.resource, redirect_uri, visit.registration)
        except SampleTrouble as trouble:
            self.store.put(cookie, visit.changed(problem=str(trouble), steps=tuple(trail.steps)))
            return HOME
        visit = visit.changed(registration=departure.sign_in.registration, steps=tuple(trail.steps), problem=None)
        self.store.put(cookie, visit.with_sign_in(departure.sign_in))
        return departure.url

    async def _do(self, cookie: str, deed: Deed, trail: Trail) -> None:
        """Do it, and remember how far it came and what stopped it."""
        problem = None
        try:
            async for reached in deed(trail, self._visit(cookie)):
                self.store.put(cookie, reached)
        except SampleTrouble as trouble:
            problem = str(trouble)
            # Answers from before would look like answers from now.
            stopped = self._visit(cookie).changed(answers=())
            if isinstance(trouble, AccessEnded | RegistrationGone):
                stopped = stopped.changed(tokens=None)
            if isinstance(trouble, RegistrationGone):
                stopped = stopped.changed(registration=None)
            self.store.put(cookie, stopped)
        self.store.put(cookie, self._visit(cookie).changed(steps=tuple(trail.steps), problem=problem))

    def _visit(self, cookie: str) -> Visit:
        return self.store.get(cookie) or Visit()

    def _turn(self, cookie: str) -> anyio.Lock:
        """One click at a time per browser: a double click must not spend the same refresh token twice."""
        return self._turns.setdefault(cookie, anyio.Lock())

    def _is_own_form(self, request: Request) -> bool:
        """The forms carry no secret; the browser itself says whose page posted them."""
        return request.headers.get("origin", self.config.origin) == self.config.origin


def _arrival(sign_in: SignIn, answer: Mapping[str, str]) -> Deed:
    async def arrive(trail: Trail, visit: Visit) -> AsyncIterator[Visit]:
        tokens = await redeem(trail, sign_in, code_from(answer, sign_in))
        yield (visit := visit.changed(tokens=tokens, answers=()))
        yield visit.changed(answers=await call_tools(trail, tokens, FIRST_CALLS))

    return arrive


async def _call_again(trail: Trail, visit: Visit) -> AsyncIterator[Visit]:
    if visit.tokens is not None:
        yield visit.changed(answers=await call_tools(trail, visit.tokens, FIRST_CALLS))


def _calling(call: ToolCall) -> Deed:
    async def call_one(trail: Trail, visit: Visit) -> AsyncIterator[Visit]:
        if visit.tokens is not None:
            for answer in await call_tools(trail, visit.tokens, [call]):
                yield visit.with_answer(answer)

    return call_one


async def _refresh_and_call(trail: Trail, visit: Visit) -> AsyncIterator[Visit]:
    if visit.tokens is not None:
        tokens = await renew(trail, visit.tokens)
        # Remembered before it is used: the refresh token just spent is of no use to anybody any more.
        yield (visit := visit.changed(tokens=tokens))
        yield visit.changed(answers=await call_tools(trail, tokens, FIRST_CALLS))


async def _give_back(trail: Trail, visit: Visit) -> AsyncIterator[Visit]:
    if visit.tokens is not None:
        await give_back(trail, visit.tokens)
        yield visit.changed(tokens=None)


def _cookie(request: Request) -> str:
    return request.cookies.get(COOKIE, "")
