"""Accounts that reach several organisations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pip_hub.adapters.contracts.gateway.connecting import ProviderGatewayContract
from pip_hub.adapters.contracts.gateway.world import ProviderWorld, connect, organisation_of, remove
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.errors import ProviderMisbehaved, ProviderRefused, ProviderTrouble, ProviderUnreachable
from pip_hub.domain.revocation import ForgetOutcome


class OrganisationGatewayContract(ProviderGatewayContract):
    """The one just chosen is told, or nobody guesses; and one can go while the others stay."""

    async def test_the_organisation_just_chosen_is_told_among_all_there_are(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        first = await connect(world, spec, organisation=0)
        second = await connect(world, spec, organisation=1)
        again = await connect(world, spec, organisation=0)
        assert first.account.subject == second.account.subject
        assert organisation_of(first).id == organisation_of(again).id != organisation_of(second).id
        assert first.account.label == organisation_of(first).name
        assert [one.id for one in first.organisations] == [organisation_of(first).id]
        for connection in (second, again):
            both = {organisation_of(first).id, organisation_of(second).id}
            assert {one.id for one in connection.organisations} == both
            assert organisation_of(connection) in connection.organisations

    async def test_when_the_provider_does_not_say_which_none_is_taken(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        await connect(world, spec, organisation=0)
        await world.leave_undecided()
        connection = await connect(world, spec, organisation=1)
        assert connection.account.organisation is None
        assert len(connection.organisations) == 2

    async def test_the_organisations_can_be_listed_again(self, world: ProviderWorld, spec: ConnectorSpec) -> None:
        await connect(world, spec, organisation=0)
        connection = await connect(world, spec, organisation=1)
        listed = await world.gateway.organisations(spec, connection.tokens.access)
        assert set(listed) == set(connection.organisations)

    async def test_what_was_removed_at_the_provider_is_no_longer_listed(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        first = await connect(world, spec, organisation=0)
        second = await connect(world, spec, organisation=1)
        await world.disconnect_at_the_provider(organisation_of(first))
        assert await world.gateway.organisations(spec, second.tokens.access) == (organisation_of(second),)
        await world.disconnect_at_the_provider(organisation_of(second))
        assert await world.gateway.organisations(spec, second.tokens.access) == ()
        assert await remove(world, spec, second) is ForgetOutcome.ALREADY_GONE

    async def test_one_organisation_is_removed_and_the_other_stays(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        first = await connect(world, spec, organisation=0)
        second = await connect(world, spec, organisation=1)
        assert await remove(world, spec, first) is ForgetOutcome.REVOKED
        assert await remove(world, spec, first) is ForgetOutcome.ALREADY_GONE
        assert await world.gateway.organisations(spec, first.tokens.access) == (organisation_of(second),)
        assert await remove(world, spec, second) is ForgetOutcome.REVOKED

    async def test_an_access_token_that_expired_says_nothing_about_an_organisation(
        self, world: ProviderWorld, spec: ConnectorSpec
    ) -> None:
        connection = await connect(world, spec)
        await world.let_pass(timedelta(days=1))
        with pytest.raises(ProviderRefused):
            await world.gateway.organisations(spec, connection.tokens.access)
        with pytest.raises(ProviderRefused):
            await remove(world, spec, connection)

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

    @pytest.mark.parametrize("kind", [ProviderUnreachable, ProviderMisbehaved])
    async def test_a_list_that_cannot_be_had_is_not_an_empty_one(
        self, world: ProviderWorld, spec: ConnectorSpec, kind: type[ProviderTrouble]
    ) -> None:
        connection = await connect(world, spec)
        await world.fail_next("organisations", kind)
        with pytest.raises(ProviderTrouble) as caught:
            await world.gateway.organisations(spec, connection.tokens.access)
        assert type(caught.value) is kind
        assert await world.gateway.organisations(spec, connection.tokens.access) == connection.organisations
