"""The sandbox as a Starlette application."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pip_hub.adapters.sandbox.answers import answer_refusal
from pip_hub.adapters.sandbox.config import SandboxConfig
from pip_hub.adapters.sandbox.control.api import control_api_routes
from pip_hub.adapters.sandbox.control.page import control_page_routes
from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.google.routes import google_routes
from pip_hub.adapters.sandbox.pages import HERE
from pip_hub.adapters.sandbox.refusals import Refusal
from pip_hub.adapters.sandbox.xero.routes import xero_routes


def create_sandbox_app(config: SandboxConfig, state_file: Path | None = None) -> Starlette:
    """Xero below `/xero`, Google below `/google`, and `/control` to steer both.

    Run it in one process: its state is in memory, and in `state_file` only so that a restart loses nothing.

    Raises:
        StateFileUnreadable: the file exists and cannot be understood.
    """
    sandbox = Sandbox.start(config, state_file)
    routes: list[Route | Mount] = [
        *xero_routes(sandbox),
        *google_routes(sandbox),
        *control_page_routes(sandbox),
        *control_api_routes(sandbox),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]
    return Starlette(routes=routes, exception_handlers={Refusal: answer_refusal, HTTPException: answer_refusal})
