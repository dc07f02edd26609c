"""Puts the switchboard before every endpoint: calls are counted there, and faults happen there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

import anyio
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from pip_hub.adapters.sandbox.faults import Fault, FaultKind
from pip_hub.adapters.sandbox.reading import body_of, form_of
from pip_hub.adapters.sandbox.refusals import Refusal, Unreadable
from pip_hub.adapters.sandbox.store import Store

Handler = Callable[[Request], Awaitable[Response]]

_BAD_REQUEST, _UNAUTHORIZED, _TOO_MANY_REQUESTS = 400, 401, 429
_NOBODY_LISTENS = 499


class Switchboard:
    """Counts calls, hands out faults, and holds the calls that were told to hang."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._released = anyio.Event()
        self.holding = 0

    def arrive(self, name: str, variant: str | None) -> Fault | None:
        """Count a call and take the first fault that is meant for it.

        Counting alone is not saved: the counters reach the file with the next change that matters.
        """
        state = self._store.state
        for counted in [name] if variant is None else [name, f"{name}:{variant}"]:
            state.calls[counted] = state.calls.get(counted, 0) + 1
        fault = next((one for one in state.faults if one.meets(name, variant)), None)
        if fault is not None:
            with self._store.changing():
                left, index = fault.once_less(), state.faults.index(fault)
                state.faults[index : index + 1] = [] if left is None else [left]
        return fault

    async def hold(self, request: Request, seconds: float | None) -> bool:
        """Wait until the client gives up (False), or `seconds` have passed or somebody lets go of it (True)."""
        await body_of(request)  # so that the only message left to receive is the client's leaving
        client_is_there = True
        self.holding += 1
        try:
            with anyio.move_on_after(seconds):
                async with anyio.create_task_group() as waiting:

                    async def notice_leaving() -> None:
                        nonlocal client_is_there
                        while (await request.receive())["type"] != "http.disconnect":
                            pass
                        client_is_there = False
                        waiting.cancel_scope.cancel()

                    waiting.start_soon(notice_leaving)
                    await self._released.wait()
                    waiting.cancel_scope.cancel()
        finally:
            self.holding -= 1
        return client_is_there

    def let_go(self) -> None:
        """End the waiting of every call that hangs; each is then answered as if nothing had been."""
        self._released.set()
        self._released = anyio.Event()


def controlled(board: Switchboard, name: str, handler: Handler) -> Handler:
    """The handler under the name it can be counted and disturbed by."""

    async def endpoint(request: Request) -> Response:
        fault = board.arrive(name, await _grant_type(request) if name.endswith(".token") else None)
        if fault is None:
            return await handler(request)
        return await _disturbed(board, fault, handler, request)

    return endpoint


def fault_of(request: Request) -> Fault | None:
    """The `DENY` or `BLOCK` that an authorization endpoint itself has to carry out."""
    return getattr(request.state, "fault", None)


async def _disturbed(board: Switchboard, fault: Fault, handler: Handler, request: Request) -> Response:
    match fault.kind:
        case FaultKind.FAIL:
            return _failure(fault)
        case FaultKind.GARBAGE:
            return _garbage(fault.detail)
        case FaultKind.REFUSE:
            status = _UNAUTHORIZED if fault.detail == "invalid_client" else _BAD_REQUEST
            return JSONResponse({"error": fault.detail}, status)
        case FaultKind.HANG:
            if await board.hold(request, fault.seconds):
                return await handler(request)
            return Response(status_code=_NOBODY_LISTENS)
        case FaultKind.LOSE_ANSWER:
            with suppress(Refusal):
                await handler(request)
            if fault.detail == "silence":
                await board.hold(request, None)
            return _Dropped()
        case FaultKind.DENY | FaultKind.BLOCK:
            request.state.fault = fault
            return await handler(request)


async def _grant_type(request: Request) -> str | None:
    with suppress(Unreadable):
        return (await form_of(request)).one("grant_type")
    return None


def _failure(fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.status == _TOO_MANY_REQUESTS and fault.endpoint.startswith("xero."):
        headers["X-Rate-Limit-Problem"] = "minute"
    return PlainTextResponse("Sandbox: this failure was asked for on the control page.", fault.status, headers)


def _garbage(detail: str | None) -> Response:
    match detail:
        case "empty":
            return Response(media_type="application/json")
        case "json_without_error":
            return JSONResponse({"message": "Something is not right."}, 400)
        case "error_in_200":
            return JSONResponse({"error": "invalid_grant", "error_description": "An error under a good status."})
        case "list":
            return JSONResponse(["not", "an", "object"])
        case "broken_json":
            return Response('{"access_token": "cut off he', media_type="application/json")
        case _:
            return HTMLResponse("<!doctype html><title>Sandbox</title><p>We’ll be back soon.")


class _Dropped(Response):
    """Headers that promise a body, and then nothing: the server closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
