"""What a gateway's contract needs around the gateway, and the trips it makes there."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Protocol

from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import (
    OutboundTrip,
    ProviderAnswer,
    ProviderConnection,
    ProviderGateway,
)
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import Organisation
from pip_hub.domain.errors import ProviderTrouble
from pip_hub.domain.permission import Level
from pip_hub.domain.revocation import ForgetOutcome
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret

VERIFIER = Secret("a-verifier-of-the-forty-three-or-more-characters-it-needs")
NONCE = Secret("a-nonce-that-nobody-can-guess")
STATE = Secret("a-state-that-nobody-can-guess")

NOTHING = Scopes()

GatewayCall = Literal["exchange", "refresh", "organisations", "revoke", "remove_organisation"]


class ProviderWorld(Protocol):
    """A gateway, the provider behind it, and the people there."""

    @property
    def gateway(self) -> ProviderGateway: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends browsers back to, as registered with it."""
        ...

    async def allow(self, url: str, *, person: int = 0, organisation: int = 0, without: Scopes = NOTHING) -> Secret:
        """Go to `url` as one of two people, choose one of this person's organisations, allow all that is asked for
        `without` these scopes, and answer the code. Person 0 has at least two organisations.
        """
        ...

    async def fail_next(self, call: GatewayCall, kind: type[ProviderTrouble]) -> None:
        """Make the next call of this kind fail like this at the provider, and later ones work."""
        ...

    async def lose_next_refresh(self) -> None:
        """Let the provider do its work at the next refresh, and its answer get lost on the way."""
        ...

    async def leave_undecided(self) -> None:
        """From now on, let the provider not say which organisation was just authorized."""
        ...

    async def disconnect_at_the_provider(self, organisation: Organisation) -> None:
        """Remove one organisation as person 0 can on the provider's own pages."""
        ...

    async def let_pass(self, by: timedelta) -> None:
        """Let time pass, here and at the provider."""
        ...


def a_trip(world: ProviderWorld, spec: ConnectorSpec, level: Level = Level.READ) -> OutboundTrip:
    """A trip for all that a level needs."""
    return OutboundTrip(
        redirect_uri=world.redirect_uri, state=STATE, verifier=VERIFIER, nonce=NONCE, scopes=spec.scopes.needed(level)
    )


async def connect(
    world: ProviderWorld,
    spec: ConnectorSpec,
    *,
    level: Level = Level.READ,
    person: int = 0,
    organisation: int = 0,
    without: Scopes = NOTHING,
) -> ProviderConnection:
    """The whole trip of one person."""
    url = world.gateway.authorization_url(spec, a_trip(world, spec, level))
    code = await world.allow(url, person=person, organisation=organisation, without=without)
    answer = ProviderAnswer(code=code, redirect_uri=world.redirect_uri, verifier=VERIFIER, nonce=NONCE, level=level)
    return await world.gateway.exchange(spec, answer)


async def remove(world: ProviderWorld, spec: ConnectorSpec, connection: ProviderConnection) -> ForgetOutcome:
    """Ask for the connection's organisation to be removed."""
    organisation = organisation_of(connection)
    return await world.gateway.remove_organisation(spec, connection.tokens.access, organisation.connection_id)


def organisation_of(connection: ProviderConnection) -> Organisation:
    """The organisation just authorized."""
    assert connection.account.organisation is not None
    return connection.account.organisation
