"""The laws of MCP clients and of resources."""

from __future__ import annotations

from functools import partial

import pytest

from pip_hub.adapters.contracts.samples import a_client, a_resource
from pip_hub.adapters.contracts.storage.base import (
    RACERS,
    StorageContract,
    at_once,
    given,
    only_winner,
    stored,
)
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.identifiers import ClientId, ResourceId
from pip_hub.domain.resource import Resource


@pytest.mark.anyio
class ClientsContract(StorageContract):
    async def test_a_client_is_told_from_others(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_client(id=ClientId("Client-1"), name="Told apart by a capital letter")
        await given(unit_of_work, a_client(), other)
        assert await stored(unit_of_work, a_client()) == a_client()
        assert await stored(unit_of_work, other) == other


@pytest.mark.anyio
class ResourcesContract(StorageContract):
    async def test_a_resource_is_found_by_uri_and_by_id(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_resource(id=ResourceId("resource-2"), uri="https://other.example")
        await given(unit_of_work, a_resource(), other)
        async with unit_of_work() as work:
            assert await work.resources.by_uri(a_resource().uri) == a_resource()
            assert await work.resources.get(other.id) == other

    async def test_a_uri_that_is_registered_changes_nothing(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_resource())
        async with unit_of_work() as work:
            assert await work.resources.add(a_resource(id=ResourceId("late"), name="Late")) is False
            await work.commit()
        async with unit_of_work() as work:
            assert await work.resources.all() == (a_resource(),)

    async def test_resources_are_listed_by_uri(self, unit_of_work: OpenUnitOfWork) -> None:
        uris = ["https://b.example", "https://a.example/~b", "https://a.example/B", "https://a.example/a"]
        resources = [a_resource(id=ResourceId(f"resource {uri}"), uri=uri) for uri in uris]
        await given(unit_of_work, *resources)
        async with unit_of_work() as work:
            assert [resource.uri for resource in await work.resources.all()] == sorted(uris)

    async def test_a_removed_resource_is_answered_once_and_gone(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_resource(id=ResourceId("resource-2"), uri="https://other.example")
        await given(unit_of_work, a_resource(), other)
        async with unit_of_work() as work:
            assert await work.resources.remove(a_resource().uri) == a_resource()
            assert await work.resources.remove(a_resource().uri) is None
            await work.commit()
        async with unit_of_work() as work:
            assert await work.resources.all() == (other,)

    async def test_a_removed_uri_can_be_registered_again(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_resource())
        again = a_resource(id=ResourceId("resource-2"))
        async with unit_of_work() as work:
            await work.resources.remove(a_resource().uri)
            assert await work.resources.add(again)
            await work.commit()
        async with unit_of_work() as work:
            assert await work.resources.by_uri(again.uri) == again

    async def test_of_many_who_register_one_uri_exactly_one_does(self, unit_of_work: OpenUnitOfWork) -> None:
        resources = [a_resource(id=ResourceId(f"resource-{number}")) for number in range(RACERS)]
        added = await at_once([partial(_register, unit_of_work, resource) for resource in resources])
        assert sorted(added) == [False] * (RACERS - 1) + [True]
        async with unit_of_work() as work:
            assert await work.resources.all() == (resources[added.index(True)],)

    async def test_of_many_who_remove_a_resource_exactly_one_does(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_resource())
        removed = await only_winner(unit_of_work, lambda work: work.resources.remove(a_resource().uri))
        assert removed == a_resource()


async def _register(unit_of_work: OpenUnitOfWork, resource: Resource) -> bool:
    async with unit_of_work() as work:
        added = await work.resources.add(resource)
        await work.commit()
        return added
