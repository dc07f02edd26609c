"""Fresh tokens for old ones."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from pip_hub.adapters.contracts.gateway.connecting import ProviderGatewayContract
from pip_hub.adapters.contracts.gateway.world import ProviderWorld, connect
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


class RefreshingGatewayContract(ProviderGatewayContract):
    """Tokens are renewed for as long as the grant lives, and no failure that may pass costs them."""

    async def test_a_refresh_brings_an_access_token_that_works_on(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        old = (await connect(world, spec)).tokens
        await world.let_pass(timedelta(days=1))
        assert old.access.expires_at <= world.clock.now()
        renewed = await world.gateway.refresh(spec, old, None)
        assert renewed.access.token != old.access.token
        assert renewed.access.expires_at > world.clock.now()
        assert renewed.refresh is not None
        assert spec.scopes.effective(renewed.granted) == spec.scopes.effective(old.granted)

    async def test_what_a_refresh_brings_can_be_refreshed_and_revoked(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        tokens = (await connect(world, spec)).tokens
        for _ in range(3):  # in all for longer than an unused refresh token would live
            await world.let_pass(timedelta(days=30))
            tokens = await world.gateway.refresh(spec, tokens, None)
        assert await world.gateway.revoke(spec, tokens) is ForgetOutcome.REVOKED

    async def test_after_a_lost_answer_the_same_refresh_token_works_again(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        old = (await connect(world, spec)).tokens
        await world.lose_next_refresh()
        with pytest.raises(ProviderUnreachable):
            await world.gateway.refresh(spec, old, None)
        renewed = await world.gateway.refresh(spec, old, None)
        assert renewed.access.token != old.access.token

    @pytest.mark.parametrize("kind", [ProviderUnreachable, ProviderRefused, ProviderMisconfigured, ProviderMisbehaved])
    async def test_a_failed_refresh_has_a_name_and_the_next_one_works(
        self, world: ProviderWorld, spec: ConnectorSpec, kind: type[ProviderTrouble]
    ) -> None:
        old = (await connect(world, spec)).tokens
        await world.fail_next("refresh", kind)
        with pytest.raises(ProviderTrouble) as caught:
            await world.gateway.refresh(spec, old, None)
        assert type(caught.value) is kind
        assert (await world.gateway.refresh(spec, old, None)).access.token != old.access.token

    async def test_what_was_revoked_cannot_be_renewed(self, world: ProviderWorld, spec: ConnectorSpec) -> None:
        tokens = (await connect(world, spec)).tokens
        await world.gateway.revoke(spec, tokens)
        with pytest.raises(ProviderRefused):
            await world.gateway.refresh(spec, tokens, None)

    async def test_without_a_refresh_token_nothing_can_be_renewed(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        tokens = (await connect(world, spec)).tokens
        with pytest.raises(ProviderRefused):
            await world.gateway.refresh(spec, attrs.evolve(tokens, refresh=None), None)


class RotatingGatewayContract(RefreshingGatewayContract):
    """Each refresh brings a new refresh token, and the one before it ends after a while."""

    async def test_each_refresh_brings_another_refresh_token(self, world: ProviderWorld, spec: ConnectorSpec) -> None:
        old = (await connect(world, spec)).tokens
        renewed = await world.gateway.refresh(spec, old, None)
        again = await world.gateway.refresh(spec, renewed, None)
        assert len({old.refresh, renewed.refresh, again.refresh}) == 3

    async def test_a_replaced_refresh_token_ends_and_the_new_one_lives_on(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        old = (await connect(world, spec)).tokens
        renewed = await world.gateway.refresh(spec, old, None)
        await world.let_pass(timedelta(days=1))
        with pytest.raises(ProviderRefused):
            await world.gateway.refresh(spec, old, None)
        assert (await world.gateway.refresh(spec, renewed, None)).refresh != renewed.refresh


class NarrowingGatewayContract(RefreshingGatewayContract):
    """A refresh for fewer scopes makes an access token beside the wide one."""

    async def test_a_narrow_token_comes_beside_the_wide_one(self, world: ProviderWorld, spec: ConnectorSpec) -> None:
        wide = (await connect(world, spec, level=Level.WRITE)).tokens
        narrowed = await world.gateway.refresh(spec, wide, spec.scopes.needed(Level.READ))
        assert narrowed.narrow is not None
        assert narrowed.narrow.token != wide.access.token
        assert narrowed.narrow.expires_at > world.clock.now()
        assert narrowed.refresh is not None
        assert attrs.evolve(narrowed, narrow=None, refresh=wide.refresh) == wide

    async def test_the_wide_token_is_renewed_without_losing_the_narrow_one(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        wide = (await connect(world, spec, level=Level.WRITE)).tokens
        narrowed = await world.gateway.refresh(spec, wide, spec.scopes.needed(Level.READ))
        renewed = await world.gateway.refresh(spec, narrowed, None)
        assert renewed.narrow == narrowed.narrow
        assert renewed.access != narrowed.access
        assert not spec.scopes.missing(Level.WRITE, renewed.granted)

    async def test_what_was_revoked_cannot_be_narrowed(self, world: ProviderWorld, spec: ConnectorSpec) -> None:
        wide = (await connect(world, spec, level=Level.WRITE)).tokens
        await world.gateway.revoke(spec, wide)
        with pytest.raises(ProviderRefused):
            await world.gateway.refresh(spec, wide, spec.scopes.needed(Level.READ))
