"""HTTP as the sample client speaks it: every request leaves a step that a person can read afterwards."""

from collections.abc import Mapping

import attrs
import httpx2

from pip_hub.entrypoints.demo.sample_store import Step


class SampleTrouble(Exception):
    """Something a person should read. The message is a finished sentence, made here and not by the other side."""


class AccessEnded(SampleTrouble):
    """The hub does not honour the refresh token: the tokens at hand are of no further use."""


class RegistrationGone(SampleTrouble):
    """The hub no longer knows this client."""


@attrs.define(kw_only=True)
class Trail:
    """The requests of one click, in order."""

    http: httpx2.AsyncClient
    steps: list[Step] = attrs.field(factory=list)

    async def send(
        self,
        about: str,
        method: str,
        url: str,
        *,
        json: object = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx2.Response:
        """Send a request and note how it went.

        Raises:
            SampleTrouble: the address is none, or nobody answers there.
        """
        try:
            response = await self.http.request(method, url, json=json, data=form, headers=headers)
        except httpx2.InvalidURL as error:
            raise SampleTrouble("An address in the metadata of the hub or of the MCP server is not usable.") from error
        except httpx2.HTTPError as error:
            raise SampleTrouble(f"{_place(httpx2.URL(url))} does not answer. Is it running?") from error
        self.note(about, response)
        return response

    def note(self, about: str, response: httpx2.Response) -> None:
        """Add a step for a request that somebody else sent."""
        url = f"{_place(response.request.url)}{response.request.url.path}"
        self.steps.append(Step(about=about, method=response.request.method, url=url, status=response.status_code))


def json_object(response: httpx2.Response) -> dict[str, object]:
    """The members of a JSON object.

    Raises:
        SampleTrouble: the body is something else.
    """
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise SampleTrouble(f"{_place(response.request.url)} sent something that is not a JSON object.")
    return document


def text(document: dict[str, object], member: str) -> str | None:
    """A member that is a string of the characters OAuth allows (RFC 6749 appendix A), else None."""
    value = document.get(member)
    return value if isinstance(value, str) and value and value.isascii() and value.isprintable() else None


def _place(url: httpx2.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
