"""The contract of every provider gateway: subclass, provide the fixtures `world` and `spec`, run pytest.

Use `ProviderGatewayContract` for a connector without organisations and `OrganisationGatewayContract` for one with
them; add `PartialGrantContract` where people may allow a part of what is asked.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, Protocol

import pytest

from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import (
    OutboundTrip,
    ProviderAnswer,
    ProviderConnection,
    ProviderGateway,
)
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import Organisation
from pip_hub.domain.errors import (
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
)
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import ForgetOutcome
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret

VERIFIER = Secret("a-verifier-of-the-forty-three-or-more-characters-it-needs")
NONCE = Secret("a-nonce-that-nobody-can-guess")
STATE = Secret("a-state-that-nobody-can-guess")

NOTHING = Scopes()

GatewayCall = Literal["exchange", "revoke", "remove_organisation"]


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

    async def let_pass(self, by: timedelta) -> None:
        """Let time pass, here and at the provider."""
        ...


@pytest.mark.anyio
class ProviderGatewayContract:
    """The browser leaves, a code comes back and opens an account, and in the end the provider forgets."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @pytest.fixture
    def world(self) -> ProviderWorld:
        raise NotImplementedError("provide a fixture `world` that answers a ProviderWorld")

    @pytest.fixture
    def spec(self) -> ConnectorSpec:
        raise NotImplementedError("provide a fixture `spec` that answers a ConnectorSpec with both levels")

    async def test_the_browser_leaves_for_the_provider_with_state_and_way_back(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        url = world.gateway.authorization_url(spec, a_trip(world))
        assert url.startswith(spec.authorize_url)
        assert STATE.reveal() in url
        assert VERIFIER.reveal() not in url

    @pytest.mark.parametrize("level", Level)
    async def test_a_code_opens_an_account_at_the_level_asked_for(
        self, world: ProviderWorld, spec: ConnectorSpec, level: Level
    ) -> None:
        connection = await connect(world, spec, level=level)
        assert connection.account.subject
        assert connection.account.label
        assert not spec.scopes.missing(level, connection.tokens.granted)
        assert connection.tokens.expires_at > world.clock.now()
        assert connection.tokens.access.reveal()
        assert (connection.tokens.refresh is not None) is spec.refreshes
        assert (connection.account.organisation is not None) is (spec.organisations is not None)

    async def test_one_person_is_one_subject_and_another_is_another(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        first, again = await connect(world, spec), await connect(world, spec)
        somebody_else = await connect(world, spec, person=1)
        assert first.account.subject == again.account.subject != somebody_else.account.subject
        assert first.tokens.access != again.tokens.access

    @pytest.mark.parametrize("kind", [ProviderUnreachable, ProviderRefused, ProviderMisconfigured, ProviderMisbehaved])
    async def test_a_failed_exchange_has_a_name_and_the_next_one_works(
        self, world: ProviderWorld, spec: ConnectorSpec, kind: type[ProviderTrouble]
    ) -> None:
        await world.fail_next("exchange", kind)
        with pytest.raises(ProviderTrouble) as caught:
            await connect(world, spec)
        assert type(caught.value) is kind
        assert (await connect(world, spec)).account.subject

    async def test_a_grant_is_revoked(self, world: ProviderWorld, spec: ConnectorSpec) -> None:
        connection = await connect(world, spec)
        assert await world.gateway.revoke(spec, connection.tokens) is ForgetOutcome.REVOKED

    async def test_revoking_again_is_no_failure(self, world: ProviderWorld, spec: ConnectorSpec) -> None:
        connection = await connect(world, spec)
        await world.gateway.revoke(spec, connection.tokens)
        again = await world.gateway.revoke(spec, connection.tokens)
        assert again in {ForgetOutcome.REVOKED, ForgetOutcome.ALREADY_GONE}

    async def test_a_revocation_that_did_not_arrive_can_be_tried_again(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        connection = await connect(world, spec)
        await world.fail_next("revoke", ProviderUnreachable)
        with pytest.raises(ProviderUnreachable):
            await world.gateway.revoke(spec, connection.tokens)
        assert await world.gateway.revoke(spec, connection.tokens) is ForgetOutcome.REVOKED

    async def test_a_grant_is_revoked_long_after_its_access_token_expired(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        connection = await connect(world, spec)
        await world.let_pass(timedelta(days=30))
        assert await world.gateway.revoke(spec, connection.tokens) is ForgetOutcome.REVOKED

    async def test_after_a_revocation_the_account_can_be_connected_again(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        first = await connect(world, spec)
        await world.gateway.revoke(spec, first.tokens)
        assert (await connect(world, spec)).account.subject == first.account.subject


class PartialGrantContract(ProviderGatewayContract):
    """What a person did not allow is missing from the answer."""

    async def test_a_scope_that_was_not_allowed_is_not_granted(self, world: ProviderWorld, spec: ConnectorSpec) -> None:
        connection = await connect(world, spec, level=Level.READ, without=spec.scopes.levels[Level.READ])
        assert spec.scopes.missing(Level.READ, connection.tokens.granted) == spec.scopes.levels[Level.READ]


class OrganisationGatewayContract(ProviderGatewayContract):
    """Each connection is to the organisation just chosen, and one can go while the others stay."""

    async def test_the_organisation_just_chosen_is_told(self, world: ProviderWorld, spec: ConnectorSpec) -> None:
        first = await connect(world, spec, organisation=0)
        second = await connect(world, spec, organisation=1)
        again = await connect(world, spec, organisation=0)
        assert first.account.subject == second.account.subject
        assert organisation_of(first).id == organisation_of(again).id != organisation_of(second).id
        assert first.account.label == organisation_of(first).name

    async def test_one_organisation_is_removed_and_the_other_stays(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        first = await connect(world, spec, organisation=0)
        second = await connect(world, spec, organisation=1)
        assert await remove(world, spec, first) is ForgetOutcome.REVOKED
        assert await remove(world, spec, first) is ForgetOutcome.ALREADY_GONE
        assert await remove(world, spec, second) is ForgetOutcome.REVOKED

    async def test_an_organisation_is_removed_after_the_access_token_expired(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        connection = await connect(world, spec)
        await world.let_pass(timedelta(days=1))
        assert await remove(world, spec, connection) is ForgetOutcome.REVOKED

    @pytest.mark.parametrize("kind", [ProviderUnreachable, ProviderMisbehaved])
    async def test_a_removal_that_failed_can_be_tried_again(
        self, world: ProviderWorld, spec: ConnectorSpec, kind: type[ProviderTrouble]
    ) -> None:
        connection = await connect(world, spec)
        await world.fail_next("remove_organisation", kind)
        with pytest.raises(ProviderTrouble) as caught:
            await remove(world, spec, connection)
        assert type(caught.value) is kind
        assert await remove(world, spec, connection) is ForgetOutcome.REVOKED


def a_trip(world: ProviderWorld, level: Level = Level.READ) -> OutboundTrip:
    return OutboundTrip(redirect_uri=world.redirect_uri, state=STATE, verifier=VERIFIER, nonce=NONCE, level=level)


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
    url = world.gateway.authorization_url(spec, a_trip(world, level))
    code = await world.allow(url, person=person, organisation=organisation, without=without)
    answer = ProviderAnswer(code=code, redirect_uri=world.redirect_uri, verifier=VERIFIER, nonce=NONCE, level=level)
    return await world.gateway.exchange(spec, answer)


async def remove(world: ProviderWorld, spec: ConnectorSpec, connection: ProviderConnection) -> ForgetOutcome:
    organisation = organisation_of(connection)
    return await world.gateway.remove_organisation(spec, connection.tokens, organisation.connection_id)


def organisation_of(connection: ProviderConnection) -> Organisation:
    assert connection.account.organisation is not None
    return connection.account.organisation
