"""The official MCP client as a stranger: it knows one URL and finds out the rest, as it would on anybody's laptop.

`whole_journey` goes 401, discovery, registration, sign-in, code, token, connection, tool call, refresh, tool call, and
keeps a transcript. Everything runs over real sockets; the test supplies the person, as a callable that is given the
URL to open in a browser and comes back when it likes. `call_every_tool` uses the demo's tools one after the other; a
client that is connected with `open_page` lets the server ask for a page to be opened (URL mode elicitation).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal

import anyio
import attrs
import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.context import ClientRequestContext
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from mcp_types import (
    CallToolResult,
    ElicitRequestParams,
    ElicitRequestURLParams,
    ElicitResult,
    Implementation,
    TextContent,
)
from pydantic import AnyUrl
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.support.loopback import listener, serving, url_of
from tests.support.transcript import Line, Transcript

__all__ = [
    "TOOL_CALLS",
    "Line",
    "Mode",
    "PageOpener",
    "SignInRefused",
    "Transcript",
    "call_every_tool",
    "official_client",
    "whole_journey",
    "words_of",
]

OpenBrowser = Callable[[str], Awaitable[None]]
Mode = Literal["auto", "legacy"]
"""`auto` is the client's default: the newest protocol first. `legacy` begins with `initialize`, as all did before."""

_PATIENCE = 60.0
"""Seconds for the person in the browser, and for one answer of the server."""


TOOL_CALLS: Mapping[str, dict[str, Any]] = {
    "whoami": {},
    "list_connectors": {},
    "xero_list_invoices": {},
    "gmail_search": {"query": "invoice"},
    "sheets_read": {"range": "Sheet1!A1:C4"},
    "sheets_append": {"row": ["November", "14,100.00", "9,480.00"]},
}
"""Every tool of the demo, with arguments that find something in the sandbox."""


class SignInRefused(Exception):
    """The browser came back with an error instead of a code. The message is the OAuth error word."""


@attrs.frozen(kw_only=True)
class PageOpener:
    """The client's answer to URL mode elicitation: the person opens the page and says when to go on, or says no."""

    open_page: OpenBrowser
    transcript: Transcript = attrs.Factory(Transcript)
    action: Literal["accept", "decline", "cancel"] = "accept"
    asked: list[ElicitRequestURLParams] = attrs.Factory(list)

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        """What the client calls; only pages are opened here, no forms filled in."""
        assert isinstance(params, ElicitRequestURLParams)
        self.asked.append(params)
        self.transcript.browser(params.url, f"is asked to open: {params.message}")
        await self.open_page(params.url)
        return ElicitResult(action=self.action)


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
    async def connected(self, mode: Mode = "auto", open_page: OpenBrowser | None = None) -> AsyncIterator[Client]:
        """Open a connection, signing in first if the server asks for it.

        With `open_page` the client says that it opens pages when the server asks, and calls again once that returns.
        """
        opener = PageOpener(open_page=open_page, transcript=self.transcript) if open_page is not None else None
        async with Client(
            streamable_http_client(self.mcp_url, http_client=self._http),
            mode=mode,
            read_timeout_seconds=_PATIENCE,
            client_info=Implementation(name="official-client", version="1"),
            elicitation_callback=opener,
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


async def call_every_tool(client: Client) -> dict[str, CallToolResult]:
    """Each tool's answer, good or bad, by its name."""
    return {tool: await client.call_tool(tool, arguments) for tool, arguments in TOOL_CALLS.items()}


def words_of(result: CallToolResult) -> str:
    """What a person would read."""
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))
