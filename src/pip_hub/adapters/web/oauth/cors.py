"""Lets scripts of any web page call an endpoint: MCP clients also run in browsers, and no cookie counts there."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_NO_CONTENT = 204
_ONE_DAY = "86400"

# "*" covers every header but Authorization; the others are named for browsers that do not know it.
_HEADERS = "Authorization, Content-Type, MCP-Protocol-Version, *"


class OpenToScripts:
    """Answers the preflight itself and marks every other answer, refusals too, as readable for any origin.

    Starlette's own middleware also answers `OPTIONS` without a preflight by calling the endpoint, and tells headers it
    does not know from headers it does; neither is wanted where everybody may send anything.
    """

    def __init__(self, app: ASGIApp, *, methods: tuple[str, ...]) -> None:
        self._app = app
        self._methods = ", ".join(methods)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "OPTIONS":
            await self._preflight()(scope, receive, send)
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Access-Control-Allow-Origin"] = "*"
            await send(message)

        await self._app(scope, receive, send_marked)

    def _preflight(self) -> Response:
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": self._methods,
            "Access-Control-Allow-Headers": _HEADERS,
            "Access-Control-Max-Age": _ONE_DAY,
            "Allow": f"{self._methods}, OPTIONS",
        }
        return Response(status_code=_NO_CONTENT, headers=headers)
