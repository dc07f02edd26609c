"""The official MCP client as a stranger: it knows one URL and finds out the rest, as it would on anybody's laptop.

`whole_journey` goes 401, discovery, registration, sign-in, code, token, connection, tool call, refresh, tool call, and
keeps a transcript. Everything runs over real sockets; the test supplies the person, as a callable that is given the
URL to open in a browser and comes back when it likes.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Literal
from urllib.parse import parse_qs

import anyio
import attrs
import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from mcp_types import CallToolResult, Implementation
from pydantic import AnyUrl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.support.loopback import listener, serving, url_of

OpenBrowser = Callable[[str], Awaitable[None]]
Mode = Literal["auto", "legacy"]
"""`auto` is the client's default: the newest protocol first. `legacy` begins with `initialize`, as all did before."""

_PATIENCE = 60.0
"""Seconds for the person in the browser, and for one answer of the server."""


class SignInRefused(Exception):
    """The browser came back with an error instead of a code. The message is the OAuth error word."""


@attrs.frozen(kw_only=True)
class Line:
    """One HTTP request; the values of its query are left out."""

    who: Literal["client", "browser"]
    method: str
    url: str
    about: str
    status: int | None

    def __str__(self) -> str:
        about = f" ({self.about})" if self.about else ""
        outcome = "" if self.status is None else f" → {self.status}"
        return f"{self.who:<7} {self.method:<4} {self.url}{about}{outcome}"


@attrs.define
class Transcript:
    """Every request of a journey, in order. Prints as a numbered list."""

    lines: list[Line] = attrs.field(factory=list)

    async def response(self, response: httpx2.Response) -> None:
        """Note a request of the client itself: an event hook for httpx2."""
        request = response.request
        self.lines.append(
            Line(
                who="client",
                method=request.method,
                url=_without_values(request.url),
                about=_about(request),
                status=response.status_code,
            )
        )

    def browser(self, url: str, about: str) -> None:
        """Note that the browser is at this URL."""
        self.lines.append(
            Line(who="browser", method="GET", url=_without_values(httpx2.URL(url)), about=about, status=None)
        )

    def count(self, about: str) -> int:
        """How many requests were about this: a JSON-RPC method, a grant type."""
        return sum(line.about == about for line in self.lines)

    def __str__(self) -> str:
        return "\n".join(f"{number:>2}. {line}" for number, line in enumerate(self.lines, start=1))


@attrs.define
class Keychain:
    """The client's token storage, which also keeps what it was given before."""

    issued: list[OAuthToken] = attrs.field(factory=list)
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.issued[-1] if self.issued else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.issued.append(tokens)

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@attrs.frozen(kw_only=True)
class OfficialClient:
    """An MCP client that has not called yet. Nothing happens before `connected` is entered."""

    mcp_url: str
    transcript: Transcript
    keychain: Keychain
    _http: httpx2.AsyncClient
    _provider: OAuthClientProvider

    @asynccontextmanager
    async def connected(self, mode: Mode = "auto") -> AsyncIterator[Client]:
        """Open a connection, signing in first if the server asks for it."""
        async with Client(
            streamable_http_client(self.mcp_url, http_client=self._http),
            mode=mode,
            read_timeout_seconds=_PATIENCE,
            client_info=Implementation(name="official-client", version="1"),
        ) as client:
            yield client

    def expire_access_token(self) -> None:
        """Make the client believe that its access token has run out, so that it refreshes before the next request."""
        self._provider.context.token_expiry_time = 1.0


@asynccontextmanager
async def official_client(mcp_url: str, open_browser: OpenBrowser) -> AsyncIterator[OfficialClient]:
    """The client and the loopback listener that its redirect URI points at."""
    transcript, keychain, bound = Transcript(), Keychain(), listener()
    redirect_uri = f"{url_of(bound)}/callback"
    send_answer, receive_answer = anyio.create_memory_object_stream[dict[str, str]](max_buffer_size=10)

    async def came_back(request: Request) -> Response:
        transcript.browser(str(request.url), "comes back")
        await send_answer.send(dict(request.query_params))
        return HTMLResponse("<!doctype html><title>Signed in</title><p>You can close this window.</p>")

    async def go_out(url: str) -> None:
        transcript.browser(url, "is sent out")
        await open_browser(url)

    async def wait_for_answer() -> AuthorizationCodeResult:
        with anyio.fail_after(_PATIENCE):
            answer = await receive_answer.receive()
        if "error" in answer:
            raise SignInRefused(answer["error"])
        return AuthorizationCodeResult(code=answer["code"], state=answer.get("state"), iss=answer.get("iss"))

    provider = OAuthClientProvider(
        server_url=mcp_url,
        client_metadata=OAuthClientMetadata(redirect_uris=[AnyUrl(redirect_uri)], client_name="Official MCP client"),
        storage=keychain,
        redirect_handler=go_out,
        callback_handler=wait_for_answer,
    )
    async with (
        send_answer,
        receive_answer,
        serving(Starlette(routes=[Route("/callback", came_back)]), bound),
        httpx2.AsyncClient(
            auth=provider, timeout=_PATIENCE, trust_env=False, event_hooks={"response": [transcript.response]}
        ) as http,
    ):
        yield OfficialClient(mcp_url=mcp_url, transcript=transcript, keychain=keychain, http=http, provider=provider)


@attrs.frozen(kw_only=True)
class Journey:
    """What came of it: the tools on offer, the answer before and the one after the refresh."""

    tools: tuple[str, ...]
    before: CallToolResult
    after: CallToolResult
    tokens: tuple[OAuthToken, ...]
    transcript: Transcript


async def whole_journey(
    mcp_url: str, open_browser: OpenBrowser, *, tool: str = "whoami", mode: Mode = "auto"
) -> Journey:
    """From an unknown URL to a tool call, and once more after a refresh.

    Raises:
        SignInRefused: inside an ExceptionGroup, when the browser brought back an error.
    """
    async with official_client(mcp_url, open_browser) as stranger:
        async with stranger.connected(mode) as client:
            tools = tuple(each.name for each in (await client.list_tools()).tools)
            before = await client.call_tool(tool)
            stranger.expire_access_token()
            after = await client.call_tool(tool)
        return Journey(
            tools=tools,
            before=before,
            after=after,
            tokens=tuple(stranger.keychain.issued),
            transcript=stranger.transcript,
        )


def _without_values(url: httpx2.URL) -> str:
    names = [f"{name}=…" for name in dict.fromkeys(url.params.keys())]
    place = f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"
    return f"{place}?{'&'.join(names)}" if names else place


def _about(request: httpx2.Request) -> str:
    """The JSON-RPC method or the grant type in the body."""
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/x-www-form-urlencoded"):
        return parse_qs(request.content.decode()).get("grant_type", [""])[0]
    if content_type.startswith("application/json") and request.content:
        return str(json.loads(request.content).get("method", ""))
    return ""
