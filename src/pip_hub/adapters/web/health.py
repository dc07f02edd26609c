"""`GET /healthz` and `GET /readyz`: for whoever keeps the process running."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import anyio
import attrs
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

_UNAVAILABLE = 503
_NEVER_STORED = {"Cache-Control": "no-store"}

FindProblems = Callable[[], Awaitable[Sequence[str]]]
"""What stands in the way of serving, one short sentence each and nothing secret in it; empty when all is well."""


async def healthz(_request: Request) -> Response:
    """The process answers: that is all this says."""
    return PlainTextResponse("ok\n", headers=_NEVER_STORED)


@attrs.frozen(kw_only=True)
class ReadyEndpoint:
    """Whether requests would be served: 200, or 503 with the reasons.

    A check that takes longer than `patience` seconds has found a problem too.
    """

    find_problems: FindProblems
    patience: float = 5.0

    async def get(self, _request: Request) -> Response:
        problems: Sequence[str] = [f"the checks did not finish within {self.patience:g} seconds"]
        with anyio.move_on_after(self.patience):
            problems = await self.find_problems()
        if problems:
            return JSONResponse({"ready": False, "problems": list(problems)}, _UNAVAILABLE, _NEVER_STORED)
        return JSONResponse({"ready": True, "problems": []}, headers=_NEVER_STORED)
