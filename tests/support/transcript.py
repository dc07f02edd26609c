"""What a client and its person did, request by request, without a single secret."""

import json
from typing import Literal
from urllib.parse import parse_qs

import attrs
import httpx2


@attrs.frozen(kw_only=True)
class Line:
    """One HTTP request; the values of its query are left out."""

    who: Literal["client", "browser"]
    method: str
    url: str
    about: str
    status: int | None

    def __str__(self) -> str:
        about = f" ({self.about})" if self.about else ""
        outcome = "" if self.status is None else f" → {self.status}"
        return f"{self.who:<7} {self.method:<4} {self.url}{about}{outcome}"


@attrs.define
class Transcript:
    """Every request of a journey, in order. Prints as a numbered list."""

    lines: list[Line] = attrs.field(factory=list)

    async def response(self, response: httpx2.Response) -> None:
        """Note a request of the client itself: an event hook for httpx2."""
        request = response.request
        self.lines.append(
            Line(
                who="client",
                method=request.method,
                url=_without_values(request.url),
                about=_about(request),
                status=response.status_code,
            )
        )

    def browser(self, url: str, about: str) -> None:
        """Note that the browser is at this URL."""
        self.lines.append(
            Line(who="browser", method="GET", url=_without_values(httpx2.URL(url)), about=about, status=None)
        )

    def count(self, about: str) -> int:
        """How many requests were about this: a JSON-RPC method, a grant type."""
        return sum(line.about == about for line in self.lines)

    def __str__(self) -> str:
        return "\n".join(f"{number:>2}. {line}" for number, line in enumerate(self.lines, start=1))


def _without_values(url: httpx2.URL) -> str:
    names = [f"{name}=…" for name in dict.fromkeys(url.params.keys())]
    place = f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"
    return f"{place}?{'&'.join(names)}" if names else place


def _about(request: httpx2.Request) -> str:
    """The JSON-RPC method or the grant type in the body."""
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/x-www-form-urlencoded"):
        return parse_qs(request.content.decode()).get("grant_type", [""])[0]
    if content_type.startswith("application/json") and request.content:
        return str(json.loads(request.content).get("method", ""))
    return ""
