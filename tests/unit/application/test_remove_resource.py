"""Taking an MCP server out."""

import pytest

from pip_hub.domain.errors import InvalidClient, ResourceRefused, UnknownResource
from tests.support.core import RESOURCE_URI, a_core

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("spelling", [RESOURCE_URI, "HTTPS://MCP.EXAMPLE/mcp"])
async def test_a_removed_resource_is_answered_and_gone(spelling: str) -> None:
    core = a_core()

    removed = await core.uses.remove_resource()(spelling)

    assert removed.uri == RESOURCE_URI
    assert not core.tables.resources


async def test_a_removed_resource_can_neither_introspect_nor_be_asked_for() -> None:
    core = a_core()
    tokens = await core.tokens()
    visitor = await core.sign_in()

    await core.uses.remove_resource()(RESOURCE_URI)

    with pytest.raises(InvalidClient):
        await core.introspect(tokens.access_token)
    with pytest.raises(UnknownResource):
        await core.start_flow(visitor)


@pytest.mark.parametrize("uri", ["https://other.example", "nonsense", "https://[::1"])
async def test_what_is_not_registered_cannot_be_removed(uri: str) -> None:
    core = a_core()

    with pytest.raises(ResourceRefused):
        await core.uses.remove_resource()(uri)

    assert core.tables.resources
