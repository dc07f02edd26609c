"""Calling the API of a connected service with a connector token, and saying in plain words what it answers."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import attrs
import httpx2
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel, ConfigDict, ValidationError

from pip_hub.entrypoints.demo.mcp_service_words import is_about_scopes, refusal_in_words
from pip_hub.entrypoints.demo.mcp_tool import Context
from pip_hub.mcp import ConnectorToken, Level, connector_token

_NOTHING: Final[Mapping[str, str]] = {}


class Told(BaseModel):
    """What a service tells, as far as a tool needs it; it may tell more."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


ToldT = TypeVar("ToldT", bound=Told)


@attrs.frozen(kw_only=True)
class ServiceRequest:
    """One call of a service's API, without the token. `path` is percent-encoded already."""

    method: str
    path: str
    query: Mapping[str, str] = _NOTHING
    headers: Mapping[str, str] = _NOTHING
    body: Any = None


@attrs.frozen(kw_only=True)
class Service:
    """One connected service.

    Attributes:
        name: what people call it.
        connector: its key in the hub.
        url: where its API begins, without a slash at the end.
        manage_url: the hub's page, where a person looks after the connection.
        http: what speaks to it.
    """

    name: str
    connector: str
    url: str
    manage_url: str
    http: httpx2.AsyncClient

    async def call(
        self, context: Context, level: Level, request: Callable[[ConnectorToken], ServiceRequest], kind: type[ToldT]
    ) -> tuple[ConnectorToken, ToldT]:
        """Send the request that suits the token; once more with a fresh one if the service did not take the first.

        Returns:
            The token that opened the door, for more of the same call, and the answer.

        Raises:
            ConnectionNeeded: the user has to do something in the hub first.
            ToolError: the service or the hub got in the way.
        """
        token = await connector_token(context, self.connector, level)
        response = await self._send(request(token), token)
        if response.status_code == httpx2.codes.UNAUTHORIZED and not is_about_scopes(response):
            # It may have ended on the way. The hub hands out another one if there is one to be had.
            token = await connector_token(context, self.connector, level)
            response = await self._send(request(token), token)
        return token, self._read(response, kind)

    async def go_on(self, token: ConnectorToken, request: ServiceRequest, kind: type[ToldT]) -> ToldT:
        """One more request with a token that has just been good.

        Raises:
            ToolError: the service got in the way.
        """
        return self._read(await self._send(request, token), kind)

    async def _send(self, request: ServiceRequest, token: ConnectorToken) -> httpx2.Response:
        try:
            return await self.http.request(
                request.method,
                f"{self.url}{request.path}",
                params=request.query,
                json=request.body,
                headers={
                    **request.headers,
                    "Authorization": f"Bearer {token.access_token}",
                    "Accept": "application/json",
                },
            )
        except httpx2.HTTPError as error:
            raise ToolError(f"{self.name} does not answer. Try again in a moment.") from error

    def _read(self, response: httpx2.Response, kind: type[ToldT]) -> ToldT:
        if response.status_code != httpx2.codes.OK:
            raise ToolError(refusal_in_words(response, self.name, self.manage_url))
        try:
            return kind.model_validate(response.json())
        except (ValidationError, ValueError, RecursionError):
            raise ToolError(f"{self.name} answered with something this tool can't read.") from None


@attrs.frozen(kw_only=True)
class Services:
    """All of them."""

    xero: Service
    gmail: Service
    sheets: Service


def sandbox_services(sandbox_url: str, manage_url: str, http: httpx2.AsyncClient) -> Services:
    """Those of the sandbox, which answers in the place of Xero and Google."""

    def service(name: str, connector: str, path: str) -> Service:
        return Service(name=name, connector=connector, url=f"{sandbox_url}{path}", manage_url=manage_url, http=http)

    return Services(
        xero=service("Xero", "xero", "/xero/api.xro/2.0"),
        gmail=service("Gmail", "gmail", "/google/gmail/v1"),
        sheets=service("Google Sheets", "google_sheets", "/google/v4"),
    )
