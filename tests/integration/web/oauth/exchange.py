"""A user who has connected services and approved a client, and the MCP server that asks for connector tokens."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs
import httpx2

from pip_hub.adapters.web.oauth.token_exchange import ACCESS_TOKEN, GRANT_TYPE
from pip_hub.domain.identifiers import ResourceId
from tests.builders import VERIFIER, a_digest, a_resource
from tests.integration.web.oauth.oauth_hub import AS_RESOURCE, RESOURCE_SECRET, basic
from tests.support.hub import ISSUER, Browser, MemoryHub, a_hub

OTHER_RESOURCE = "https://other.example/mcp"
AS_OTHER_RESOURCE = basic("resource-2", RESOURCE_SECRET)


@attrs.frozen(kw_only=True)
class Exchange:
    """`token` is the MCP access token that the client holds, and the MCP server was given."""

    hub: MemoryHub
    browser: Browser
    http: httpx2.AsyncClient
    token: str

    def request(self, connector: str = "xero", **changes: Any) -> dict[str, Any]:
        """A request that is in order; None leaves a parameter out, a list sends it several times."""
        fields: dict[str, Any] = {
            "grant_type": GRANT_TYPE,
            "subject_token": self.token,
            "subject_token_type": ACCESS_TOKEN,
            "audience": connector,
            "scope": "read",
            **changes,
        }
        return {name: value for name, value in fields.items() if value is not None}

    async def __call__(
        self,
        connector: str = "xero",
        headers: Mapping[str, str] = AS_RESOURCE,
        **changes: Any,
    ) -> httpx2.Response:
        return await self.http.post("/oauth/token", data=self.request(connector, **changes), headers=headers)

    async def another_token(self, **request: str) -> str:
        """What the client gets from one more flow of this user."""
        await self.browser.open(self.hub.authorize_path(**request))
        answer_url = await self.browser.leave("data-action", "continue")
        return await redeem(self.http, answer_url)


async def redeem(http: httpx2.AsyncClient, answer_url: str) -> str:
    """The access token for the code in the client's callback."""
    code = parse_qs(urlsplit(answer_url).query)["code"][0]
    answer = await http.post(
        "/oauth/token",
        data={
            "grant_type": "authorization_code",
            "client_id": "client-1",
            "code": code,
            "code_verifier": VERIFIER,
            "redirect_uri": "https://client.example/callback",
        },
    )
    token: str = answer.json()["access_token"]
    return token


@asynccontextmanager
async def an_exchange(*connectors: str, level: str = "read", issuer: str = ISSUER) -> AsyncIterator[Exchange]:
    """Somebody who has connected these at this level; two resources are registered."""
    async with a_hub(issuer=issuer) as hub:
        async with hub.storage.unit_of_work() as work:
            other = a_resource(id=ResourceId("resource-2"), uri=OTHER_RESOURCE, secret_digest=a_digest("resource"))
            await work.resources.add(other)
            await work.commit()
        browser = hub.browser()
        await browser.open(hub.authorize_path())
        await browser.register()
        for connector in connectors:
            await browser.come_back(connector, await browser.send_and_leave(f"/integrations/{connector}", level=level))
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(hub.app), base_url=issuer) as http:
            token = await redeem(http, await browser.leave("data-action", "continue"))
            yield Exchange(hub=hub, browser=browser, http=http, token=token)
