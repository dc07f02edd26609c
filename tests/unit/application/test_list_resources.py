"""Listing the MCP servers."""

import pytest

from pip_hub.application.resources.add_resource import AddResourceCommand
from tests.support.core import RESOURCE_URI, a_core

pytestmark = pytest.mark.anyio


async def test_every_resource_is_listed_by_uri() -> None:
    core = a_core()
    for uri in ("https://z.example", "https://a.example"):
        await core.uses.add_resource()(AddResourceCommand(uri=uri, name="x"))

    listed = await core.uses.list_resources()()

    assert [resource.uri for resource in listed] == ["https://a.example", RESOURCE_URI, "https://z.example"]


async def test_none_is_an_empty_list() -> None:
    core = a_core()
    core.tables.resources.clear()

    assert await core.uses.list_resources()() == ()
