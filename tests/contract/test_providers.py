"""The gateways keep one contract: the scripted one, and Authlib's against the sandbox over real sockets."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from pip_hub.adapters.contracts.provider_gateway import (
    NOTHING,
    GatewayCall,
    OrganisationGatewayContract,
    PartialGrantContract,
    ProviderWorld,
    connect,
    remove,
)
from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.gateway import MemoryGateway, default_account
from pip_hub.adapters.providers.catalogue import load_catalogue
from pip_hub.adapters.providers.credentials import ConnectorCredentials
from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.application.ports.provider_gateway import OutboundTrip
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import Organisation, ProviderAccount
from pip_hub.domain.errors import (
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
)
from pip_hub.domain.provider_grant import ForgetOutcome
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from pip_hub.entrypoints.demo.sandbox import sandbox_credentials, sandbox_endpoints
from tests.builders import a_connector, a_connector_with_organisations
from tests.support.sandbox import HUB_URL, RunningSandbox, param, running_sandbox

PEOPLE = ("alex@example.com", "sam@example.org")
ORGANISATIONS = ("Demo Company (AU)", "Harbour Street Bakery")

ENDPOINTS: Mapping[str, Mapping[GatewayCall, str]] = {
    "xero": {
        "exchange": "xero.token:authorization_code",
        "revoke": "xero.revocation",
        "remove_organisation": "xero.connection_delete",
    },
    "google": {"exchange": "google.token:authorization_code", "revoke": "google.revoke"},
}


@attrs.define
class ScriptedWorld:
    """`MemoryGateway` does what the test says, so people and organisations are made up here."""

    spec: ConnectorSpec
    clock: FrozenClock = attrs.field(factory=FrozenClock)
    gateway: MemoryGateway = attrs.field(init=False)
    redirect_uri: str = "https://hub.example/callback"

    def __attrs_post_init__(self) -> None:
        self.gateway = MemoryGateway(self.clock)

    async def allow(self, url: str, *, person: int = 0, organisation: int = 0, without: Scopes = NOTHING) -> Secret:
        trip: OutboundTrip = self.gateway.trips[-1]
        assert trip.state.reveal() in url
        chosen = Organisation(
            id=f"organisation-{organisation}",
            name=ORGANISATIONS[organisation],
            connection_id=f"connection-{organisation}",
        )
        account = ProviderAccount(
            subject=f"{default_account(self.spec).subject}-{person}",
            email=PEOPLE[person],
            organisation=chosen if self.spec.organisations is not None else None,
        )
        self.gateway.hand_out(account, self.spec.scopes.needed(trip.level) - without)
        return Secret("code")

    async def fail_next(self, call: GatewayCall, kind: type[ProviderTrouble]) -> None:
        self.gateway.fail_next(call, kind(reason="the test says so"))

    async def let_pass(self, by: timedelta) -> None:
        self.clock.advance(by)


@attrs.define
class MovedClock:
    """The machine's clock, as far ahead as the sandbox's."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@attrs.define
class SandboxWorld:
    """Authlib's gateway, the sandbox, and somebody who clicks through the sandbox's pages."""

    spec: ConnectorSpec
    sandbox: RunningSandbox
    gateway: AuthlibGateway
    clock: MovedClock
    credentials: dict[str, ConnectorCredentials]
    right: ConnectorCredentials = attrs.field(init=False)
    is_spoilt: bool = False

    def __attrs_post_init__(self) -> None:
        self.right = self.credentials[self.spec.key]

    @property
    def wrong(self) -> ConnectorCredentials:
        return attrs.evolve(self.right, client_secret=Secret("of somebody else"))

    @property
    def redirect_uri(self) -> str:
        return f"{HUB_URL}/integrations/{self.spec.key}/callback"

    async def allow(self, url: str, *, person: int = 0, organisation: int = 0, without: Scopes = NOTHING) -> Secret:
        callback = await self.sandbox.person.grant(
            url,
            account=PEOPLE[person],
            organisation=ORGANISATIONS[organisation] if self.spec.organisations and person == 0 else None,
            untick=list(without),
        )
        # A wrong secret lasts from this visit to the next one.
        self.credentials[self.spec.key] = self.wrong if self.is_spoilt else self.right
        self.is_spoilt = False
        code = param(callback, "code")
        assert code is not None, callback
        return Secret(code)

    async def fail_next(self, call: GatewayCall, kind: type[ProviderTrouble]) -> None:
        endpoint = ENDPOINTS[self.spec.provider][call]
        if kind is ProviderUnreachable:
            await self.sandbox.control.fail(endpoint, status=503)
        elif kind is ProviderRefused:
            await self.sandbox.control.garbage(endpoint, "error_in_200")
        elif kind is ProviderMisconfigured:
            self.is_spoilt = True
        else:
            assert kind is ProviderMisbehaved
            await self.sandbox.control.fail(endpoint, status=418)

    async def let_pass(self, by: timedelta) -> None:
        self.clock.ahead += by
        await self.sandbox.control.move_clock(seconds=int(by.total_seconds()))


@asynccontextmanager
async def sandbox_world(key: str) -> AsyncIterator[SandboxWorld]:
    """Everything real: sockets, Authlib, the sandbox's pages."""
    async with running_sandbox() as sandbox:
        credentials = sandbox_credentials(sandbox.url, HUB_URL)
        spec = load_catalogue(credentials, overrides=sandbox_endpoints(sandbox.url)).get(key)
        assert spec is not None
        clock = MovedClock()
        gateway = AuthlibGateway(credentials=credentials, clock=clock)
        try:
            yield SandboxWorld(spec, sandbox, gateway, clock, credentials)
        finally:
            await gateway.aclose()


class TestScriptedGateway(PartialGrantContract):
    @pytest.fixture
    def spec(self) -> ConnectorSpec:
        return a_connector()

    @pytest.fixture
    def world(self, spec: ConnectorSpec) -> ProviderWorld:
        return ScriptedWorld(spec)


class TestScriptedGatewayWithOrganisations(OrganisationGatewayContract):
    @pytest.fixture
    def spec(self) -> ConnectorSpec:
        return a_connector_with_organisations()

    @pytest.fixture
    def world(self, spec: ConnectorSpec) -> ProviderWorld:
        return ScriptedWorld(spec)


class TestXeroInTheSandbox(OrganisationGatewayContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[ProviderWorld]:
        async with sandbox_world("xero") as world:
            yield world

    @pytest.fixture
    def spec(self, world: SandboxWorld) -> ConnectorSpec:
        return world.spec

    async def test_after_two_idle_months_nobody_can_tell_about_the_organisation(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        connection = await connect(world, spec)
        await world.let_pass(timedelta(days=61))
        with pytest.raises(ProviderRefused):
            await remove(world, spec, connection)


class TestGmailInTheSandbox(PartialGrantContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[ProviderWorld]:
        async with sandbox_world("gmail") as world:
            yield world

    @pytest.fixture
    def spec(self, world: SandboxWorld) -> ConnectorSpec:
        return world.spec


class TestGoogleSheetsInTheSandbox(PartialGrantContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[ProviderWorld]:
        async with sandbox_world("google_sheets") as world:
            yield world

    @pytest.fixture
    def spec(self, world: SandboxWorld) -> ConnectorSpec:
        return world.spec


@pytest.mark.anyio
async def test_revoking_gmail_takes_sheets_along_because_they_share_a_project() -> None:
    async with sandbox_world("gmail") as gmail:
        sheets_spec = load_catalogue(gmail.credentials, overrides=sandbox_endpoints(gmail.sandbox.url)).get(
            "google_sheets"
        )
        assert sheets_spec is not None
        sheets = attrs.evolve(gmail, spec=sheets_spec)
        mail, sheet = await connect(gmail, gmail.spec), await connect(sheets, sheets.spec)
        assert mail.account == sheet.account
        assert await gmail.gateway.revoke(gmail.spec, mail.tokens) is ForgetOutcome.REVOKED
        assert await gmail.gateway.revoke(sheets.spec, sheet.tokens) is ForgetOutcome.ALREADY_GONE
