"""The gateways keep one contract: the scripted one, and Authlib's against the sandbox over real sockets."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from pip_hub.adapters.contracts.provider_gateway import (
    NOTHING,
    GatewayCall,
    NarrowingGatewayContract,
    OrganisationGatewayContract,
    PartialGrantContract,
    ProviderWorld,
    RotatingGatewayContract,
    connect,
)
from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.gateway import MemoryGateway, default_account
from pip_hub.adapters.memory.provider_side import AccountKey
from pip_hub.adapters.providers.catalogue import load_catalogue
from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.adapters.sandbox import Publishing, SandboxConfig
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
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import ProviderAccess
from pip_hub.domain.revocation import ForgetOutcome
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
        "refresh": "xero.token:refresh_token",
        "organisations": "xero.connections",
        "revoke": "xero.revocation",
        "remove_organisation": "xero.connection_delete",
    },
    "google": {
        "exchange": "google.token:authorization_code",
        "refresh": "google.token:refresh_token",
        "revoke": "google.revoke",
    },
}


@attrs.define
class ScriptedWorld:
    """`MemoryGateway` does what the test says, so people and organisations are made up here."""

    spec: ConnectorSpec
    clock: FrozenClock = attrs.field(factory=FrozenClock)
    gateway: MemoryGateway = attrs.field(init=False)
    redirect_uri: str = "https://hub.example/callback"
    is_undecided: bool = False

    def __attrs_post_init__(self) -> None:
        self.gateway = MemoryGateway(self.clock)

    def key_of(self, person: int) -> AccountKey:
        return AccountKey(self.spec.provider, f"{default_account(self.spec).subject}-{person}")

    async def allow(self, url: str, *, person: int = 0, organisation: int = 0, without: Scopes = NOTHING) -> Secret:
        trip: OutboundTrip = self.gateway.trips[-1]
        assert trip.state.reveal() in url
        account = ProviderAccount(subject=self.key_of(person).subject, email=PEOPLE[person])
        organisations = None
        if self.spec.organisations is not None:
            chosen = Organisation(
                id=f"organisation-{organisation}",
                name=ORGANISATIONS[organisation],
                connection_id=f"connection-{organisation}",
            )
            before = self.gateway.provider.organisations_of(self.key_of(person))
            organisations = (*(one for one in before if one.id != chosen.id), chosen)
            account = attrs.evolve(account, organisation=None if self.is_undecided else chosen)
        self.gateway.hand_out(account, trip.scopes - without, organisations)
        return Secret("code")

    async def fail_next(self, call: GatewayCall, kind: type[ProviderTrouble]) -> None:
        self.gateway.fail_next(call, kind(reason="the test says so"))

    async def lose_next_refresh(self) -> None:
        self.gateway.lose_next_refresh()

    async def leave_undecided(self) -> None:
        self.is_undecided = True

    async def disconnect_at_the_provider(self, organisation: Organisation) -> None:
        assert self.gateway.provider.disconnect(self.key_of(0), organisation.connection_id)

    async def let_pass(self, by: timedelta) -> None:
        self.clock.advance(by)


@attrs.define
class MovedClock:
    """The machine's clock, as far ahead as the sandbox's."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def sleep(self, duration: timedelta) -> None:
        self.ahead += duration


@attrs.define
class SandboxWorld:
    """Authlib's gateway, the sandbox, and somebody who clicks through the sandbox's pages."""

    spec: ConnectorSpec
    sandbox: RunningSandbox
    gateway: AuthlibGateway
    clock: MovedClock

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
        code = param(callback, "code")
        assert code is not None, callback
        return Secret(code)

    async def fail_next(self, call: GatewayCall, kind: type[ProviderTrouble]) -> None:
        endpoint, control = ENDPOINTS[self.spec.provider][call], self.sandbox.control
        if kind is ProviderUnreachable:
            await control.fail(endpoint, status=503)
        elif kind is ProviderRefused:
            await control.refuse(endpoint, "invalid_grant")
        elif kind is ProviderMisconfigured:
            await control.refuse(endpoint, "invalid_client")
        else:
            assert kind is ProviderMisbehaved
            await control.fail(endpoint, status=418)

    async def lose_next_refresh(self) -> None:
        await self.sandbox.control.lose_answer(ENDPOINTS[self.spec.provider]["refresh"])

    async def leave_undecided(self) -> None:
        await self.sandbox.control.tell_organisation(told=False)

    async def disconnect_at_the_provider(self, organisation: Organisation) -> None:
        assert await self.sandbox.control.disconnect_xero(organisation=organisation.name, user=PEOPLE[0]) == 1

    async def let_pass(self, by: timedelta) -> None:
        self.clock.ahead += by
        await self.sandbox.control.move_clock(seconds=int(by.total_seconds()))

    async def api(self, access: ProviderAccess, path: str, **json: object) -> int:
        """What one of the sandbox's own APIs thinks of an access token."""
        headers = {"Authorization": f"Bearer {access.token.reveal()}"}
        if not json:
            return (await self.sandbox.http.get(path, headers=headers)).status_code
        return (await self.sandbox.http.post(path, headers=headers, json=json)).status_code


@asynccontextmanager
async def sandbox_world(
    key: str, change: Callable[[SandboxConfig], SandboxConfig] = lambda config: config
) -> AsyncIterator[SandboxWorld]:
    """Everything real: sockets, Authlib, the sandbox's pages."""
    async with running_sandbox(change=change) as sandbox:
        credentials = sandbox_credentials(sandbox.url, HUB_URL)
        spec = load_catalogue(credentials, overrides=sandbox_endpoints(sandbox.url)).get(key)
        assert spec is not None
        clock = MovedClock()
        gateway = AuthlibGateway(credentials=credentials, clock=clock)
        try:
            yield SandboxWorld(spec, sandbox, gateway, clock)
        finally:
            await gateway.aclose()


class TestScriptedGateway(PartialGrantContract, NarrowingGatewayContract):
    @pytest.fixture
    def spec(self) -> ConnectorSpec:
        return a_connector()

    @pytest.fixture
    def world(self, spec: ConnectorSpec) -> ProviderWorld:
        return ScriptedWorld(spec)


class TestScriptedGatewayWithOrganisations(OrganisationGatewayContract, RotatingGatewayContract):
    @pytest.fixture
    def spec(self) -> ConnectorSpec:
        return a_connector_with_organisations()

    @pytest.fixture
    def world(self, spec: ConnectorSpec) -> ProviderWorld:
        return ScriptedWorld(spec)


class TestXeroInTheSandbox(OrganisationGatewayContract, RotatingGatewayContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[ProviderWorld]:
        async with sandbox_world("xero") as world:
            yield world

    @pytest.fixture
    def spec(self, world: SandboxWorld) -> ConnectorSpec:
        return world.spec

    async def test_a_lost_answer_can_be_asked_for_again_for_half_an_hour(
        self, world: SandboxWorld, spec: ConnectorSpec
    ) -> None:
        old = (await connect(world, spec)).tokens
        await world.lose_next_refresh()
        with pytest.raises(ProviderUnreachable):
            await world.gateway.refresh(spec, old, None)
        await world.let_pass(timedelta(minutes=29))
        assert (await world.gateway.refresh(spec, old, None)).refresh != old.refresh
        await world.let_pass(timedelta(minutes=1))
        with pytest.raises(ProviderRefused):
            await world.gateway.refresh(spec, old, None)

    async def test_a_refresh_token_dies_on_its_sixtieth_idle_day(
        self, world: SandboxWorld, spec: ConnectorSpec
    ) -> None:
        assert spec.refresh is not None
        assert spec.refresh.idle is not None
        tokens = (await connect(world, spec)).tokens
        await world.let_pass(spec.refresh.idle - timedelta(days=1))
        tokens = await world.gateway.refresh(spec, tokens, None)
        await world.let_pass(spec.refresh.idle)
        with pytest.raises(ProviderRefused):
            await world.gateway.refresh(spec, tokens, None)

    async def test_scopes_add_up_so_that_a_step_up_may_ask_for_the_missing_part_alone(
        self, world: SandboxWorld, spec: ConnectorSpec
    ) -> None:
        assert spec.scopes_add_up
        granted = (await connect(world, spec, level=Level.READ)).tokens.granted
        missing = spec.scopes.identity | spec.scopes.missing(Level.WRITE, granted)
        only_missing = attrs.evolve(
            spec, scopes=attrs.evolve(spec.scopes, identity=missing, levels={Level.WRITE: NOTHING})
        )
        stepped_up = await connect(world, only_missing, level=Level.WRITE)
        assert not spec.scopes.missing(Level.WRITE, stepped_up.tokens.granted)
        assert not spec.scopes.missing(Level.READ, stepped_up.tokens.granted)


class TestGmailInTheSandbox(PartialGrantContract, NarrowingGatewayContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[ProviderWorld]:
        async with sandbox_world("gmail") as world:
            yield world

    @pytest.fixture
    def spec(self, world: SandboxWorld) -> ConnectorSpec:
        return world.spec

    async def test_after_six_idle_months_a_refresh_token_is_dead(
        self, world: SandboxWorld, spec: ConnectorSpec
    ) -> None:
        assert spec.refresh is not None
        assert spec.refresh.idle is not None
        tokens = (await connect(world, spec)).tokens
        await world.let_pass(spec.refresh.idle - timedelta(days=1))
        tokens = await world.gateway.refresh(spec, tokens, None)
        await world.let_pass(spec.refresh.idle)
        with pytest.raises(ProviderRefused):
            await world.gateway.refresh(spec, tokens, None)


class TestGoogleSheetsInTheSandbox(PartialGrantContract, NarrowingGatewayContract):
    @pytest.fixture
    async def world(self) -> AsyncIterator[ProviderWorld]:
        async with sandbox_world("google_sheets") as world:
            yield world

    @pytest.fixture
    def spec(self, world: SandboxWorld) -> ConnectorSpec:
        return world.spec

    async def test_a_narrow_token_reads_what_it_cannot_write(self, world: SandboxWorld, spec: ConnectorSpec) -> None:
        sheet = "/google/v4/spreadsheets/a-sheet/values/Sheet1"
        append = f"{sheet}:append?valueInputOption=RAW"
        wide = (await connect(world, spec, level=Level.WRITE)).tokens
        narrowed = await world.gateway.refresh(spec, wide, spec.scopes.needed(Level.READ))
        assert narrowed.narrow is not None
        assert await world.api(narrowed.narrow, sheet) == 200
        assert await world.api(narrowed.narrow, append, values=[["a"]]) == 403
        assert await world.api(narrowed.access, append, values=[["a"]]) == 200


def sheets_beside(gmail: SandboxWorld) -> SandboxWorld:
    """The other connector of the same project."""
    url = gmail.sandbox.url
    spec = load_catalogue(sandbox_credentials(url, HUB_URL), overrides=sandbox_endpoints(url)).get("google_sheets")
    assert spec is not None
    return attrs.evolve(gmail, spec=spec)


@pytest.mark.anyio
async def test_revoking_gmail_takes_sheets_along_because_they_share_a_project() -> None:
    async with sandbox_world("gmail") as gmail:
        sheets = sheets_beside(gmail)
        mail, sheet = await connect(gmail, gmail.spec), await connect(sheets, sheets.spec)
        assert mail.account == sheet.account
        assert await gmail.gateway.revoke(gmail.spec, mail.tokens) is ForgetOutcome.REVOKED
        with pytest.raises(ProviderRefused):
            await gmail.gateway.refresh(sheets.spec, sheet.tokens, None)
        assert await gmail.gateway.revoke(sheets.spec, sheet.tokens) is ForgetOutcome.ALREADY_GONE


@pytest.mark.anyio
async def test_in_testing_a_google_refresh_token_dies_on_the_seventh_day_however_often_it_is_used() -> None:
    def in_testing(config: SandboxConfig) -> SandboxConfig:
        project = attrs.evolve(config.google_projects[0], publishing=Publishing.TESTING, test_users=PEOPLE)
        return attrs.evolve(config, google_projects=(project,))

    async with sandbox_world("gmail", in_testing) as world:
        tokens = (await connect(world, world.spec)).tokens
        for _ in range(6):
            await world.let_pass(timedelta(days=1))
            tokens = await world.gateway.refresh(world.spec, tokens, None)
        await world.let_pass(timedelta(days=1))
        with pytest.raises(ProviderRefused):
            await world.gateway.refresh(world.spec, tokens, None)


@pytest.mark.anyio
async def test_revoking_one_xero_organisation_of_a_user_ends_the_others_too() -> None:
    async with sandbox_world("xero") as world:
        first = await connect(world, world.spec, organisation=0)
        second = await connect(world, world.spec, organisation=1)
        assert await world.gateway.revoke(world.spec, first.tokens) is ForgetOutcome.REVOKED
        assert await world.gateway.organisations(world.spec, second.tokens.access) == ()
        with pytest.raises(ProviderRefused):
            await world.gateway.refresh(world.spec, second.tokens, None)
