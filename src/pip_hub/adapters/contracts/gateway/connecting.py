"""Leaving for a provider, coming back with a code, and being forgotten in the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pip_hub.adapters.contracts.gateway.world import STATE, VERIFIER, ProviderWorld, a_trip, connect
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.errors import (
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
)
from pip_hub.domain.permission import Level
from pip_hub.domain.revocation import ForgetOutcome


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
        url = world.gateway.authorization_url(spec, a_trip(world, spec))
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
        assert connection.tokens.access.expires_at > world.clock.now()
        assert connection.tokens.access.token.reveal()
        assert connection.tokens.narrow is None
        assert (connection.tokens.refresh is not None) is (spec.refresh is not None)
        assert (connection.account.organisation is not None) is (spec.organisations is not None)
        assert bool(connection.organisations) is (spec.organisations is not None)

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
