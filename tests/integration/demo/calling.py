"""The MCP endpoint, one plain HTTP request at a time."""

from typing import Any

import httpx2

from tests.integration.demo.conftest import Demo


async def post(demo: Demo, *authorization: str, method: str = "tools/list", **params: Any) -> httpx2.Response:
    """One JSON-RPC request, as a client of the handshake era sends it after the handshake."""
    return await demo.browser.post(
        demo.config.resource,
        headers=[
            *(("Authorization", value) for value in authorization),
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", "2025-06-18"),
        ],
        json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
    )


async def call(demo: Demo, tool: str, **arguments: Any) -> dict[str, Any]:
    bearer = f"Bearer {demo.hub.issue()}"
    answer: dict[str, Any] = (await post(demo, bearer, method="tools/call", name=tool, arguments=arguments)).json()
    return answer
