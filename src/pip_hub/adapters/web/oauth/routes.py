"""The URLs of the OAuth endpoints that are not pages (docs: http.md section 4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import attrs
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pip_hub.adapters.web.oauth import paths
from pip_hub.adapters.web.oauth.cors import OpenToScripts
from pip_hub.adapters.web.oauth.introspect import IntrospectEndpoint
from pip_hub.adapters.web.oauth.metadata import MetadataEndpoint
from pip_hub.adapters.web.oauth.register import RegisterEndpoint
from pip_hub.adapters.web.oauth.revoke import RevokeEndpoint
from pip_hub.adapters.web.oauth.token import TokenEndpoint

Handler = Callable[[Request], Awaitable[Response]]


@attrs.frozen(kw_only=True)
class OAuthEndpoints:
    """Everything MCP clients and MCP servers call, apart from the authorization endpoint, which is a page."""

    token: TokenEndpoint
    register: RegisterEndpoint
    revoke: RevokeEndpoint
    introspect: IntrospectEndpoint
    metadata: MetadataEndpoint


def oauth_routes(endpoints: OAuthEndpoints) -> list[Route]:
    """One route per URL; whoever mounts them also installs `TokenRefusals` for `TokenRefused`."""
    metadata = endpoints.metadata
    return [
        *(_open_to_scripts(place, metadata.oauth, "GET") for place in metadata.places(paths.OAUTH_METADATA)),
        *(_open_to_scripts(place, metadata.openid, "GET") for place in metadata.places(paths.OPENID_METADATA)),
        _open_to_scripts(paths.KEYS, metadata.keys, "GET"),
        _open_to_scripts(paths.REGISTER, endpoints.register.post, "POST"),
        _open_to_scripts(paths.TOKEN, endpoints.token.post, "POST"),
        _open_to_scripts(paths.REVOKE, endpoints.revoke.post, "POST"),
        # Introspection takes a server's own secret, so no script has business there.
        Route(paths.INTROSPECT, endpoints.introspect.post, methods=["POST"]),
    ]


def _open_to_scripts(path: str, handler: Handler, method: str) -> Route:
    methods = ("GET", "HEAD") if method == "GET" else (method,)
    return Route(path, handler, methods=[*methods, "OPTIONS"], middleware=[Middleware(OpenToScripts, methods=methods)])
