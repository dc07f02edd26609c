"""The core composed over the in-memory adapters, with the steps that many tests begin with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import attrs

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.gateway import MemoryGateway
from pip_hub.adapters.memory.passwords import FewCommonPasswords, QuickPasswordHasher
from pip_hub.adapters.memory.secrets import CountedSecrets
from pip_hub.adapters.memory.tables import Tables
from pip_hub.adapters.memory.unit_of_work import MemoryStorage
from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.application.accounts.doorkeeper import Credentials, EntryAction
from pip_hub.application.accounts.sign_in import SignInCommand
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.clients.authenticate_client import ClientCredentials
from pip_hub.application.connectors.connect_connector import ConnectConnectorCommand
from pip_hub.application.connectors.disconnect import DisconnectCommand, Disconnected
from pip_hub.application.connectors.finish_connecting import BackToHub, FinishConnectingCommand
from pip_hub.application.flows.answered import AlreadyAnswered, ReturnToClient
from pip_hub.application.flows.authorization_request import RawAuthorizationRequest
from pip_hub.application.flows.complete_flow import CompleteFlowCommand
from pip_hub.application.flows.start_flow import FlowStarted, StartFlowCommand
from pip_hub.application.flows.view_hub import HubView, ViewHubCommand
from pip_hub.application.policy import Policy
from pip_hub.application.tokens.authenticate_resource import ResourceCredentials
from pip_hub.application.tokens.introspect_token import ActiveToken, IntrospectTokenCommand
from pip_hub.application.tokens.issue_tokens import TokensIssued
from pip_hub.application.tokens.redeem_code import RedeemCodeCommand
from pip_hub.application.tokens.refresh_tokens import RefreshTokensCommand
from pip_hub.domain.client import ClientAuthMethod
from pip_hub.domain.connector import ConnectorCatalogue, RevokeRadius, RevokeSpec
from pip_hub.domain.identifiers import ConnectorKey, FlowId, ProviderKey
from pip_hub.domain.notice import Notice
from pip_hub.domain.permission import Level, ScopeRules
from pip_hub.domain.pkce import challenge_of
from pip_hub.domain.provider_grant import ProviderTokens
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret, digest_of
from pip_hub.entrypoints.use_cases import UseCases
from tests.builders import NOW, VERIFIER, a_client, a_connector, a_connector_with_organisations, a_resource

ISSUER = "https://hub.example"
REDIRECT_URI = "https://client.example/callback"
RESOURCE_URI = "https://mcp.example/mcp"
RESOURCE_SECRET = Secret("the secret of the MCP server")
THE_RESOURCE = ResourceCredentials(resource_id="resource-1", secret=RESOURCE_SECRET)
PASSWORD = "a sentence as a password"
ANN, BOB = "ann@example.com", "bob@example.com"

CATALOGUE = ConnectorCatalogue(
    (
        a_connector_with_organisations(),
        a_connector(key=ConnectorKey("gmail"), name="Gmail"),
        a_connector(),
        a_connector(
            key=ConnectorKey("notes"),
            name="Notes",
            provider=ProviderKey("notes"),
            scopes=ScopeRules(
                identity=Scopes.of("openid", "email"),
                levels={Level.READ: Scopes.of("notes.read"), Level.WRITE: Scopes.of("notes.read", "notes.write")},
            ),
            revoke=RevokeSpec(url="https://provider.example/revoke", radius=RevokeRadius.TOKEN),
        ),
        a_connector(key=ConnectorKey("ledger"), name="Ledger", provider=ProviderKey("ledger"), revoke=None),
        a_connector(key=ConnectorKey("later"), name="Later", provider=ProviderKey("later"), available=False),
    )
)
"""Xero with organisations; Gmail and Sheets on one Google grant; Notes, whose tokens stand alone; Ledger, which cannot
revoke; and Later, which is coming soon."""


def a_raw_request(**overrides: Any) -> RawAuthorizationRequest:
    return attrs.evolve(
        RawAuthorizationRequest(
            client_id="client-1",
            redirect_uri=REDIRECT_URI,
            response_type="code",
            code_challenge=challenge_of(VERIFIER),
            code_challenge_method="S256",
            scope="mcp:tools",
            state="state of the client",
            resources=(RESOURCE_URI,),
        ),
        **overrides,
    )


def public(client_id: str | None = "client-1") -> ClientCredentials:
    """What a client without a secret says about itself."""
    return ClientCredentials(client_id=client_id, secret=None, method=ClientAuthMethod.NONE)


def query_of(url: str) -> dict[str, str]:
    """The query's parameters, each of which must be there once."""
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@attrs.frozen(kw_only=True)
class Core:
    """Every use case over adapters that the test can look into; one client and one resource are registered."""

    storage: MemoryStorage
    gateway: MemoryGateway
    vault: MemoryVault
    hasher: QuickPasswordHasher
    clock: FrozenClock
    secrets: CountedSecrets
    policy: Policy
    catalogue: ConnectorCatalogue
    uses: UseCases

    def restarted(
        self, *, catalogue: ConnectorCatalogue | None = None, vault: MemoryVault | None = None, **policy: Any
    ) -> Core:
        """The same world after a restart with other settings, connector files or keys."""
        return _composed(
            catalogue=self.catalogue if catalogue is None else catalogue,
            storage=self.storage,
            gateway=self.gateway,
            vault=vault or self.vault,
            hasher=self.hasher,
            clock=self.clock,
            secrets=self.secrets,
            policy=attrs.evolve(self.policy, **policy),
        )

    @property
    def tables(self) -> Tables:
        """What is stored at this moment."""
        return self.storage.tables

    def wait(self, **time: float) -> datetime:
        """Let time pass: `wait(minutes=10)`."""
        return self.clock.advance(timedelta(**time))

    def a_browser(self) -> Visitor:
        """A browser in which nobody has signed in."""
        return Visitor(session=None, browser=self.secrets.secret())

    async def sign_in(self, email: str = ANN, visitor: Visitor | None = None) -> Visitor:
        """Sign in, in a new browser or in the one given; the account is made when there is none."""
        visitor = visitor or self.a_browser()
        credentials = Credentials(action=EntryAction.REGISTER, email=email, password=PASSWORD)
        begun = await self.uses.sign_in()(SignInCommand(visitor=visitor, credentials=credentials))
        return attrs.evolve(visitor, session=begun.session)

    async def start_flow(self, visitor: Visitor, **overrides: Any) -> FlowId:
        started = await self.uses.start_flow()(StartFlowCommand(visitor=visitor, raw=a_raw_request(**overrides)))
        assert isinstance(started, FlowStarted)
        return started.flow_id

    async def see_hub(self, visitor: Visitor, flow_id: FlowId | None = None) -> HubView:
        view = await self.uses.view_hub()(ViewHubCommand(visitor=visitor, flow_id=flow_id))
        assert isinstance(view, HubView)
        return view

    async def notice(self, visitor: Visitor) -> Notice:
        """The one banner that waits for this browser; it is taken."""
        (notice,) = (await self.see_hub(visitor)).notices
        return notice

    async def leave(
        self, visitor: Visitor, connector: str = "sheets", *, level: str = "read", flow_id: FlowId | None = None
    ) -> Secret:
        """Go out to the provider, and answer the state that comes back."""
        command = ConnectConnectorCommand(visitor=visitor, connector=connector, level=level, flow_id=flow_id)
        await self.uses.connect_connector()(command)
        return self.gateway.trips[-1].state

    async def come_back(
        self, visitor: Visitor, state: Secret | None, connector: str = "sheets", **overrides: Any
    ) -> BackToHub:
        """Come back from the provider with a code, or with what the test is about."""
        command = FinishConnectingCommand(visitor=visitor, connector=connector, state=state, code=Secret("a code"))
        return await self.uses.finish_connecting()(attrs.evolve(command, **overrides))

    async def connect(
        self, visitor: Visitor, connector: str = "sheets", *, level: str = "read", flow_id: FlowId | None = None
    ) -> BackToHub:
        """Go out to the provider and come back with a code."""
        state = await self.leave(visitor, connector, level=level, flow_id=flow_id)
        return await self.come_back(visitor, state, connector)

    async def provider_tokens(self) -> ProviderTokens:
        """The tokens behind the only connection there is."""
        (grant,) = self.tables.provider_grants.values()
        return ProviderTokens.unpack(await self.vault.open(grant.sealed_tokens, grant.vault_context))

    async def disconnect(self, visitor: Visitor, connector: str = "sheets") -> Disconnected:
        return await self.uses.disconnect()(DisconnectCommand(visitor=visitor, connector=connector))

    async def press_continue(self, visitor: Visitor, flow_id: FlowId) -> ReturnToClient | AlreadyAnswered:
        return await self.uses.complete_flow()(CompleteFlowCommand(visitor=visitor, flow_id=flow_id))

    async def complete(self, visitor: Visitor, flow_id: FlowId) -> Secret:
        """Press Continue, and answer the code that the client gets."""
        answer = await self.press_continue(visitor, flow_id)
        assert isinstance(answer, ReturnToClient)
        return Secret(query_of(answer.url)["code"])

    async def a_code(self, email: str = ANN) -> Secret:
        """A fresh code, from a fresh browser through a whole flow."""
        visitor = await self.sign_in(email)
        return await self.complete(visitor, await self.start_flow(visitor))

    async def redeem(self, code: Secret | None, **overrides: Any) -> TokensIssued:
        command = RedeemCodeCommand(credentials=public(), code=code, verifier=VERIFIER, redirect_uri=REDIRECT_URI)
        return await self.uses.redeem_code()(attrs.evolve(command, **overrides))

    async def tokens(self, email: str = ANN) -> TokensIssued:
        """A fresh pair of tokens, from a fresh browser through a whole flow."""
        return await self.redeem(await self.a_code(email))

    async def refresh(self, refresh_token: Secret | None, **overrides: Any) -> TokensIssued:
        command = RefreshTokensCommand(credentials=public(), refresh_token=refresh_token)
        return await self.uses.refresh_tokens()(attrs.evolve(command, **overrides))

    async def introspect(self, token: Secret) -> ActiveToken | None:
        command = IntrospectTokenCommand(credentials=THE_RESOURCE, token=token)
        return await self.uses.introspect_token()(command)


def a_core(
    *,
    catalogue: ConnectorCatalogue = CATALOGUE,
    storage: MemoryStorage | None = None,
    gateway: MemoryGateway | None = None,
    vault: MemoryVault | None = None,
    hasher: QuickPasswordHasher | None = None,
    clock: FrozenClock | None = None,
    **policy: Any,
) -> Core:
    """A core with its own empty world; `policy` replaces single choices of the operator."""
    clock = clock or FrozenClock(NOW)
    storage = storage or MemoryStorage()
    for client in (a_client(), a_client(id="client-2", name="Another client")):
        storage.tables.clients[client.id] = client
    resource = a_resource(secret_digest=digest_of(RESOURCE_SECRET))
    storage.tables.resources[resource.uri] = resource
    return _composed(
        catalogue=catalogue,
        storage=storage,
        gateway=gateway or MemoryGateway(clock),
        vault=vault or MemoryVault(),
        hasher=hasher or QuickPasswordHasher(),
        clock=clock,
        secrets=CountedSecrets(),
        policy=Policy(**({"issuer": ISSUER} | policy)),
    )


def _composed(*, catalogue: ConnectorCatalogue, storage: MemoryStorage, **parts: Any) -> Core:
    uses = UseCases(
        catalogue=catalogue,
        unit_of_work=storage.unit_of_work,
        common_passwords=FewCommonPasswords(),
        **parts,
    )
    return Core(catalogue=catalogue, storage=storage, uses=uses, **parts)
