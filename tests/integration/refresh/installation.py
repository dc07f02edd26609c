"""One installation of the hub in several processes: one database, one set of keys, and the sandbox as its providers."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import anyio
import attrs

from pip_hub.adapters.contracts.storage.base import given
from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.adapters.system.clock import SystemClock
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.connectors.connect_connector import ConnectConnectorCommand
from pip_hub.application.connectors.finish_connecting import FinishConnectingCommand
from pip_hub.application.tokens.authenticate_resource import ResourceCredentials
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.identifiers import ConnectorKey, GrantId, UserId
from pip_hub.domain.provider_grant import ProviderGrant, ProviderTokens
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret, digest_of
from pip_hub.domain.session import Session
from pip_hub.domain.user import Email
from pip_hub.entrypoints.container import Hub
from pip_hub.entrypoints.demo.sandbox import sandbox_credentials, sandbox_endpoints
from pip_hub.entrypoints.settings import Settings
from tests.builders import a_client, a_digest, a_grant, a_resource, a_user, an_access_token
from tests.support.sandbox import HUB_URL, RunningSandbox

THE_RESOURCE = ResourceCredentials(resource_id="resource-1", secret=Secret("the secret of resource"))
ANSWERED = "answered"
"""What a process says that hangs after a provider's answer."""


@attrs.frozen
class ClockAhead(SystemClock):
    """The machine's clock, read as if it were later."""

    ahead: timedelta

    def now(self) -> datetime:
        return super().now() + self.ahead


class GatewayThatHangs(AuthlibGateway):
    """A gateway in whose process nothing happens any more once a refresh was answered."""

    async def refresh(self, spec: ConnectorSpec, tokens: ProviderTokens, narrow_to: Scopes | None) -> ProviderTokens:
        renewed = await super().refresh(spec, tokens, narrow_to)
        print(json.dumps(ANSWERED), flush=True)  # noqa: T201 - it is how the process signals
        await anyio.sleep_forever()
        return renewed


@attrs.frozen(kw_only=True)
class Setup:
    """What each process is told; `minutes_ahead` is how much later its clock is."""

    database_url: str
    keys: str
    sandbox_url: str
    minutes_ahead: float = 0
    hangs_after_an_answer: bool = False

    def compose(self) -> Hub:
        """The hub of one process, with real adapters throughout."""
        environ = {
            "PIP_HUB_PUBLIC_URL": HUB_URL,
            "PIP_HUB_DATABASE_URL": self.database_url,
            "PIP_HUB_KEYS": self.keys,
        }
        credentials = sandbox_credentials(self.sandbox_url, HUB_URL)
        settings = attrs.evolve(Settings.from_environ(environ), credentials=credentials)
        clock = ClockAhead(timedelta(minutes=self.minutes_ahead))
        kind = GatewayThatHangs if self.hangs_after_an_answer else AuthlibGateway
        return Hub(
            settings=settings,
            connector_overrides=sandbox_endpoints(self.sandbox_url),
            clock=clock,
            gateway=kind(credentials=credentials, clock=clock),
        )


async def closed(hub: Hub) -> None:
    """Give back what the process has opened."""
    await hub.gateway().aclose()
    await hub.storage().dispose()


@attrs.frozen(kw_only=True)
class Somebody:
    """A user who has signed in and has let an MCP client in."""

    name: str

    @property
    def token(self) -> Secret:
        """The MCP token that a resource was sent."""
        return Secret(f"the MCP token of {self.name}")

    @property
    def visitor(self) -> Visitor:
        return Visitor(session=Secret(f"the secret of {self.name}"), browser=None)

    async def arrive(self, hub: Hub) -> None:
        now = hub.clock().now()
        user = a_user(id=UserId(self.name), email=Email(f"{self.name}@example.com"), created_at=now)
        session = Session.begin(a_digest(self.name), user.id, now, timedelta(days=30))
        grant = a_grant(id=GrantId(f"grant of {self.name}"), user_id=user.id, created_at=now)
        token = an_access_token(
            digest=digest_of(self.token), grant_id=grant.id, created_at=now, expires_at=now + timedelta(days=1)
        )
        await given(hub.storage().unit_of_work, user, session, grant, token)

    async def connect(self, hub: Hub, sandbox: RunningSandbox, connector: str, level: str = "read") -> None:
        """Go to the provider and come back, as a browser would."""
        command = ConnectConnectorCommand(visitor=self.visitor, connector=connector, level=level)
        leaving = await hub.use_cases.connect_connector()(command)
        answer = parse_qs(urlsplit(await sandbox.person.grant(leaving.url)).query)
        finish = FinishConnectingCommand(
            visitor=self.visitor,
            connector=connector,
            state=Secret(answer["state"][0]),
            code=Secret(answer["code"][0]),
        )
        assert (await hub.use_cases.finish_connecting()(finish)).connected

    async def link(self, hub: Hub, connector: str) -> ConnectorLink:
        async with hub.storage().unit_of_work() as work:
            link = await work.connector_links.get(UserId(self.name), ConnectorKey(connector))
        assert link is not None
        return link

    async def grant(self, hub: Hub, connector: str) -> ProviderGrant:
        """The tokens behind the link, sealed."""
        link = await self.link(hub, connector)
        async with hub.storage().unit_of_work() as work:
            grant = await work.provider_grants.get(link.grant_id)
        assert grant is not None
        return grant

    async def tokens(self, hub: Hub, connector: str) -> ProviderTokens:
        """The tokens behind the link."""
        grant = await self.grant(hub, connector)
        return ProviderTokens.unpack(await hub.vault().open(grant.sealed_tokens, grant.vault_context))


async def first_things(hub: Hub) -> None:
    """The MCP client, and the MCP server that asks for tokens."""
    secret = THE_RESOURCE.secret
    assert secret is not None
    await given(hub.storage().unit_of_work, a_client(), a_resource(secret_digest=digest_of(secret)))
