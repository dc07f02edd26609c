"""The whole hub in memory, and a browser for it that keeps cookies and sends the pages' own forms.

async with a_hub() as hub:
    browser = hub.browser()
    await browser.open(hub.authorize_path())
    await browser.register()
    url = await browser.leave("data-action", "continue")    # where the browser would go: the client's address
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import attrs
import httpx2
from starlette.applications import Starlette

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.gateway import MemoryGateway
from pip_hub.adapters.memory.passwords import FewCommonPasswords, QuickPasswordHasher
from pip_hub.adapters.memory.secrets import CountedSecrets
from pip_hub.adapters.memory.unit_of_work import MemoryStorage
from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.adapters.providers.catalogue import load_catalogue
from pip_hub.adapters.providers.credentials import ConnectorCredentials
from pip_hub.adapters.web.routes import create_app
from pip_hub.application.policy import Policy
from pip_hub.domain.client import Client
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.permission import Level
from pip_hub.domain.pkce import challenge_of
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from pip_hub.entrypoints.use_cases import UseCases
from pip_hub.entrypoints.web_endpoints import WebEndpoints
from tests.builders import VERIFIER, a_client, a_resource
from tests.support.forms import Form, Page, parse

ISSUER = "https://hub.example"
EMAIL = "user@example.com"
PASSWORD = "correct horse battery"
STATE = "state of the client"

CREDENTIALS = {
    key: ConnectorCredentials(client_id=f"{key}-client", client_secret=Secret(f"{key}-secret"))
    for key in ("xero", "gmail", "google_sheets")
}


@attrs.frozen(kw_only=True)
class MemoryHub:
    """A hub with every adapter in memory; the clock and the providers do as they are told."""

    app: Starlette
    policy: Policy
    catalogue: ConnectorCatalogue
    storage: MemoryStorage
    clock: FrozenClock
    gateway: MemoryGateway
    client: Client

    def browser(self) -> Browser:
        """A browser that has never been here."""
        transport = httpx2.ASGITransport(self.app, raise_app_exceptions=False)
        return Browser(http=httpx2.AsyncClient(transport=transport), issuer=self.policy.issuer)

    def authorization_request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of a request that is in order; None leaves one out."""
        parameters: dict[str, str | None] = {
            "client_id": self.client.id,
            "redirect_uri": self.client.redirect_uris[0].value,
            "response_type": "code",
            "code_challenge": challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            "scope": "mcp:tools",
            "state": STATE,
            "resource": "https://mcp.example/mcp",
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    async def change_link(self, connector: str, **changes: Any) -> None:
        """Let something happen to the one connection to this service, whoever has it."""
        (link,) = [link for link in self.storage.tables.connector_links.values() if link.connector == connector]
        async with self.storage.unit_of_work() as work:
            await work.connector_links.put(attrs.evolve(link, **changes))
            await work.commit()

    def needed(self, connector: str, level: Level) -> Scopes:
        """All scopes that this level of a connector asks for."""
        spec = self.catalogue.get(connector)
        assert spec is not None
        return spec.scopes.needed(level)

    def authorize_path(self, **changes: str | None) -> str:
        """Where a client sends the browser."""
        return f"/oauth/authorize?{urlencode(self.authorization_request(**changes))}"


@asynccontextmanager
async def a_hub(
    *,
    credentials: Mapping[str, ConnectorCredentials] | None = None,
    overrides: Mapping[str, Mapping[str, object]] | None = None,
    client: Client | None = None,
    **policy: Any,
) -> AsyncIterator[MemoryHub]:
    """A hub with one client and one resource; keywords are fields of `Policy`."""
    storage, clock, secrets = MemoryStorage(), FrozenClock(), CountedSecrets()
    gateway = MemoryGateway(clock)
    ruled = Policy(**({"issuer": ISSUER} | policy))
    catalogue = load_catalogue(CREDENTIALS if credentials is None else credentials, overrides=overrides)
    use_cases = UseCases(
        policy=ruled,
        catalogue=catalogue,
        unit_of_work=storage.unit_of_work,
        gateway=gateway,
        vault=MemoryVault(),
        hasher=QuickPasswordHasher(),
        common_passwords=FewCommonPasswords(),
        clock=clock,
        secrets=secrets,
    )

    async def find_problems() -> tuple[str, ...]:
        return ()

    web = WebEndpoints(
        policy=ruled, catalogue=catalogue, secrets=secrets, find_problems=find_problems, use_cases=use_cases
    )
    known_client = client or a_client()
    async with storage.unit_of_work() as work:
        await work.clients.add(known_client)
        await work.resources.add(a_resource())
        await work.commit()
    yield MemoryHub(
        app=create_app(web.endpoints(), web.pages()),
        policy=ruled,
        catalogue=catalogue,
        storage=storage,
        clock=clock,
        gateway=gateway,
        client=known_client,
    )


@attrs.define(kw_only=True)
class Browser:
    """Follows redirects within the hub, and stops where one leads out of it."""

    http: httpx2.AsyncClient
    issuer: str
    page: Page = attrs.field(factory=lambda: parse("about:blank", 0, ""))
    last: httpx2.Response | None = None

    @property
    def response(self) -> httpx2.Response:
        """The last answer, the one the page came in."""
        assert self.last is not None
        return self.last

    async def open(self, path: str) -> Page:
        """Type an address of the hub and look at where it leads."""
        return self._stay(await self._get(f"{self.issuer}{path}"))

    async def open_and_leave(self, path: str) -> str:
        """Type an address that leads out of the hub, and say where to."""
        return self._left(await self._get(f"{self.issuer}{path}"))

    async def press(self, attribute: str, value: str, **typed: str) -> Page:
        """Fill the form that has the button with this attribute, press it, and look at where that leads."""
        return self._stay(await self._press(attribute, value, typed))

    async def leave(self, attribute: str, value: str, **typed: str) -> str:
        """Press a button that leads out of the hub, and say where to."""
        return self._left(await self._press(attribute, value, typed))

    async def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> Page:
        """Sign in with an account that there is."""
        return await self.press("value", "sign_in", email=email, password=password)

    async def register(self, email: str = EMAIL, password: str = PASSWORD) -> Page:
        """Make an account."""
        return await self.press("value", "register", email=email, password=password)

    async def connect(self, connector: str, **answer: str) -> Page:
        """Press Connect, and come back from the provider with this answer, a code by default."""
        url = await self.send_out(connector)
        return await self.come_back(connector, url, **answer)

    async def send_out(self, connector: str) -> str:
        """Press Connect on a card; the answer is the provider's address."""
        return await self.send_and_leave(f"/integrations/{connector}")

    async def come_back(self, connector: str, provider_url: str, **answer: str) -> Page:
        """The provider's answer to what went out to it."""
        state = parse_qs(urlsplit(provider_url).query)["state"][0]
        query = urlencode({"state": state} | (answer or {"code": f"{connector}-code"}))
        return await self.open(f"/integrations/{connector}/callback?{query}")

    async def disconnect(self, connector: str) -> Page:
        """Press Disconnect on a card."""
        return await self.send(f"/integrations/{connector}/disconnect")

    async def send(self, action: str, **typed: str) -> Page:
        """Send the form of this page that goes to this path, filled in like this, and look at where it leads."""
        return self._stay(await self._follow(await self._send(action, typed)))

    async def send_and_leave(self, action: str, **typed: str) -> str:
        """The same for a form that leads out of the hub: where to."""
        return self._left(await self._send(action, typed))

    def look_at(self, response: httpx2.Response) -> Page:
        """Take what a `post` brought for the page that is open now."""
        return self._stay(response)

    def form(self, action: str) -> Form:
        """The form of this page that is sent to this path."""
        found = [form for form in self.page.forms if urlsplit(form.action).path.endswith(action)]
        assert found, f"no form is sent to {action} on: {self.page.text}"
        return found[0]

    async def post(self, path: str, fields: Any, **headers: str) -> httpx2.Response:
        """Send a form as a browser does, without following where it leads; empty headers are left out."""
        sent = {
            "Accept": "text/html",
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": "{0.scheme}://{0.netloc}".format(urlsplit(self.issuer)),
            "Sec-Fetch-Site": "same-origin",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        content = fields if isinstance(fields, bytes) else urlencode(fields, doseq=True).encode()
        self.last = await self.http.post(
            urljoin(f"{self.issuer}/", path),
            content=content,
            headers={name: value for name, value in sent.items() if value},
        )
        return self.last

    async def _send(self, action: str, typed: Mapping[str, str]) -> httpx2.Response:
        form = self.form(action)
        fields = dict(form.fields)
        assert typed.keys() <= fields.keys(), f"the form has only {fields.keys()}"
        return await self.post(form.action, fields | dict(typed))

    async def _press(self, attribute: str, value: str, typed: Mapping[str, str]) -> httpx2.Response:
        form, button = self.page.button(attribute, value)
        unknown = typed.keys() - {name for name, _ in form.fields}
        assert not unknown, f"the form has no field for {unknown}"
        fields = [(name, typed.get(name, sent)) for name, sent in form.fields]
        if button.name is not None:
            fields.append((button.name, button.value))
        return await self._follow(await self.post(form.action, fields))

    async def _get(self, url: str) -> httpx2.Response:
        self.last = await self.http.get(url, headers={"Accept": "text/html"})
        return await self._follow(self.last)

    async def _follow(self, response: httpx2.Response) -> httpx2.Response:
        while response.is_redirect and self._is_ours(response.headers["location"]):
            assert response.status_code == 303
            response = self.last = await self.http.get(response.headers["location"], headers={"Accept": "text/html"})
        return response

    def _is_ours(self, url: str) -> bool:
        return url.startswith(f"{self.issuer}/")

    def _stay(self, response: httpx2.Response) -> Page:
        assert not response.is_redirect, f"left for {response.headers['location']}"
        self.page = parse(str(response.url), response.status_code, response.text)
        return self.page

    def _left(self, response: httpx2.Response) -> str:
        assert response.status_code == 303, f"{response.status_code}: {response.text}"
        return str(response.headers["location"])
