"""The demo's MCP server: Streamable HTTP, protected by the hub's tokens, with the sample client beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final

import httpx2
from mcp.server.streamable_http_manager import StreamableHTTPASGIApp, StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from pip_hub.entrypoints.demo.mcp_config import DemoMcpConfig
from pip_hub.entrypoints.demo.mcp_gate import BearerGate
from pip_hub.entrypoints.demo.mcp_service import sandbox_services
from pip_hub.entrypoints.demo.mcp_tools import create_tool_server
from pip_hub.entrypoints.demo.sample_client import HOME, sample_client_routes
from pip_hub.mcp import HubTokenVerifier

__all__ = ["DemoMcpConfig", "create_mcp_app"]

_LARGEST_REQUEST: Final = 64 * 1024
"""Bytes; the tools take a row of a spreadsheet at most, so nobody has a reason to send more."""

_PATIENCE: Final = httpx2.Timeout(10.0)
"""Seconds to wait for the hub and the services, per step of a request."""

# A client that is itself a web page, such as the MCP Inspector in its direct mode, reads all this across origins.
_ANY_PAGE_MAY_READ: Final = Middleware(CORSMiddleware, allow_origins=["*"], allow_headers=["MCP-Protocol-Version"])
_LOCAL_PAGES_MAY_CALL: Final = Middleware(
    CORSMiddleware,
    allow_origin_regex=r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?",
    allow_methods=["POST"],
    allow_headers=["*"],
    expose_headers=["WWW-Authenticate", "Retry-After"],
)


def create_mcp_app(config: DemoMcpConfig) -> Starlette:
    """The application to serve at `config.origin`: MCP endpoint, its metadata, the sample client's pages."""
    # One client for everybody who visits, so no cookie may stay in it.
    no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    http = httpx2.AsyncClient(timeout=_PATIENCE, trust_env=False, cookies=no_cookies)
    sessions = _stateless_sessions(config, http)
    gate = BearerGate(app=_post_only(StreamableHTTPASGIApp(sessions)), verifier=_verifier(config, http), config=config)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with http, sessions.run():
            yield

    return Starlette(
        routes=[
            Route("/", _to_sample_client),
            Route(config.path, gate, middleware=[_LOCAL_PAGES_MAY_CALL]),
            *_metadata_routes(config),
            *sample_client_routes(config, http),
        ],
        lifespan=lifespan,
    )


def _verifier(config: DemoMcpConfig, http: httpx2.AsyncClient) -> HubTokenVerifier:
    """Without a cache: whoever takes access away in the demo's hub expects the very next call to fail."""
    return HubTokenVerifier(
        issuer=config.issuer,
        resource=config.resource,
        resource_id=config.resource_id,
        resource_secret=config.resource_secret,
        cache_seconds=0,
        http=http,
    )


def _stateless_sessions(config: DemoMcpConfig, http: httpx2.AsyncClient) -> StreamableHTTPSessionManager:
    """Every request stands alone, so a restart costs no client its session."""
    return StreamableHTTPSessionManager(
        app=create_tool_server(config.manage_url, sandbox_services(config.sandbox_url, config.manage_url, http)),
        json_response=True,
        stateless=True,
        max_request_body_size=_LARGEST_REQUEST,
        # A page somewhere on the web that points its own name at this machine gets no further (DNS rebinding).
        security_settings=TransportSecuritySettings(
            allowed_hosts=[config.origin.partition("://")[2]],
            allowed_origins=[config.origin, *(f"http://{host}:*" for host in ("localhost", "127.0.0.1", "[::1]"))],
        ),
    )


def _post_only(app: ASGIApp) -> ASGIApp:
    """Without sessions there is no stream to open with GET and nothing to end with DELETE: 405, as MCP wants it."""

    async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            await app(scope, receive, send)
        else:
            await Response(status_code=405, headers={"Allow": "POST"})(scope, receive, send)

    return endpoint


def _metadata_routes(config: DemoMcpConfig) -> list[Route]:
    """RFC 9728 metadata, at the place the RFC gives it and at the root, where older clients look.

    Written here and not by the SDK: there it passes through URL types, and an issuer that is changed by as little
    as a slash at the end stops the clients that compare it.
    """
    document = {
        "resource": config.resource,
        "resource_name": "pip-hub demo",
        "authorization_servers": [config.issuer],
        "scopes_supported": list(config.scopes),
        "bearer_methods_supported": ["header"],
    }

    async def metadata(_request: Request) -> Response:
        return JSONResponse(document)

    return [
        Route(path, metadata, methods=["GET", "OPTIONS"], middleware=[_ANY_PAGE_MAY_READ])
        for path in (config.metadata_path, "/.well-known/oauth-protected-resource")
    ]


async def _to_sample_client(_request: Request) -> Response:
    return RedirectResponse(HOME, status_code=303)
