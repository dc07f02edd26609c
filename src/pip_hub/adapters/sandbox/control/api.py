"""The JSON calls of the control page; the package's docstring describes them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pip_hub.adapters.sandbox.control.actions import Action, ControlActions
from pip_hub.adapters.sandbox.control.view import view
from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.endpoints import Handler
from pip_hub.adapters.sandbox.faults import ControlRefused
from pip_hub.adapters.sandbox.reading import json_of
from pip_hub.adapters.sandbox.refusals import Unreadable

BASE = "/control/api"
_BAD_REQUEST = 400


def control_api_routes(sandbox: Sandbox) -> list[Route]:
    """Two things to read, and one POST for every action."""

    async def state(_http: Request) -> Response:
        return JSONResponse(view(sandbox))

    async def calls(_http: Request) -> Response:
        return JSONResponse(view(sandbox)["calls"])

    actions = ControlActions(sandbox=sandbox).by_name()
    return [
        Route(f"{BASE}/state", state, methods=["GET"]),
        Route(f"{BASE}/calls", calls, methods=["GET"]),
        *(Route(f"{BASE}/{name}", _posted(action), methods=["POST"]) for name, action in actions.items()),
    ]


def _posted(action: Action) -> Handler:
    async def endpoint(http: Request) -> Response:
        try:
            return JSONResponse(action(await json_of(http)))
        except Unreadable as problem:
            return JSONResponse({"error": problem.reason}, problem.status)
        except ControlRefused as problem:
            return JSONResponse({"error": str(problem)}, _BAD_REQUEST)

    return endpoint
