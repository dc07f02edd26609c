"""HTTP to providers, with a limit to everything: time, size, redirects, and what gets out when it fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import anyio
import attrs
import httpx2

from pip_hub.adapters.providers.calls import Answer, Call
from pip_hub.domain.errors import ProviderMisbehaved, ProviderUnreachable
from pip_hub.domain.secret import Secret

_MAX_BODY = 256 * 1024


@attrs.frozen(kw_only=True)
class Timeouts:
    """In seconds. `whole` is for everything one operation asks of a provider, however slowly it drips."""

    connect: float = 5.0
    whole: float = 15.0


class ProviderHttp:
    """The one connection pool for all providers."""

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._pool = httpx2.AsyncHTTPTransport()
        self._transport = _BoundedTransport(self._pool)

    @property
    def client_settings(self) -> dict[str, Any]:
        """Arguments for a short-lived client on the shared pool; each client has its own cookies, so none are kept."""
        return {
            "transport": self._transport,
            "timeout": httpx2.Timeout(self._timeouts.whole, connect=self._timeouts.connect),
            "follow_redirects": False,
        }

    async def ask(self, call: Call, method: str, url: str, bearer: Secret | None = None) -> Answer:
        """Send a request without a body, signed with an access token if there is one.

        Raises:
            ProviderUnreachable: no answer.
            ProviderMisbehaved: an answer that is none.
        """
        headers = {"Accept": "application/json"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer.reveal()}"
        with translated(call):
            async with httpx2.AsyncClient(**self.client_settings) as client:
                return Answer.of(await client.request(method, url, headers=headers))

    @asynccontextmanager
    async def limited(self, call: Call) -> AsyncIterator[None]:
        """Give up on everything inside once the whole time is over.

        Raises:
            ProviderUnreachable: it is.
        """
        try:
            with anyio.fail_after(self._timeouts.whole):
                yield
        except TimeoutError:
            raise call.failed(ProviderUnreachable, "no complete answer in time") from None

    async def aclose(self) -> None:
        """Close the pool."""
        await self._pool.aclose()


@contextmanager
def translated(call: Call) -> Iterator[None]:
    """Keep the HTTP library's exceptions inside this package; their messages may hold what was sent."""
    try:
        yield
    except httpx2.TransportError:
        raise call.failed(ProviderUnreachable, "no answer") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, _Unbounded):
        raise call.failed(ProviderMisbehaved, "an answer that cannot be read") from None


class _Unbounded(Exception):
    """A body that is too large, or compressed although that was not offered, so its size is anybody's guess."""


class _BoundedTransport(httpx2.AsyncBaseTransport):
    """Passes requests to the shared pool, which outlives the clients, and counts what comes back."""

    def __init__(self, pool: httpx2.AsyncHTTPTransport) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.headers["Accept-Encoding"] = "identity"
        response = await self._pool.handle_async_request(request)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            await response.aclose()
            raise _Unbounded
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _CountedStream(response.stream)
        return response

    async def aclose(self) -> None:
        """Leave the pool open for the other clients."""


class _CountedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._stream:
            size += len(chunk)
            if size > _MAX_BODY:
                raise _Unbounded
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()
