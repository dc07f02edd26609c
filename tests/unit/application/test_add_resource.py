"""Registering an MCP server."""

import pytest

from pip_hub.application.resources.add_resource import AddResourceCommand, ResourceAdded
from pip_hub.application.tokens.authenticate_resource import ResourceCredentials
from pip_hub.application.tokens.introspect_token import IntrospectTokenCommand
from pip_hub.domain.errors import ResourceRefused
from tests.builders import NOW
from tests.support.core import RESOURCE_URI, Core, a_core
from tests.support.interruptions import all_at_once

pytestmark = pytest.mark.anyio

URI = "https://new.example/mcp"


async def add(core: Core, uri: str = URI, name: str = "New", scopes: str = "") -> ResourceAdded:
    return await core.uses.add_resource()(AddResourceCommand(uri=uri, name=name, scopes=scopes))


async def test_a_resource_is_kept_under_its_canonical_uri_with_a_name_and_scopes() -> None:
    core = a_core()

    added = await add(core, "HTTPS://New.Example/mcp", "New", "b a")

    assert core.tables.resources[URI] == added.resource
    assert (added.resource.uri, added.resource.name, added.resource.created_at) == (URI, "New", NOW)
    assert added.resource.scopes.format() == "a b"


@pytest.mark.parametrize("scopes", ["", "  "])
async def test_without_scopes_there_is_one_to_ask_for(scopes: str) -> None:
    assert (await add(a_core(), scopes=scopes)).resource.scopes.format() == "mcp"


async def test_its_secret_is_told_once_and_kept_as_a_digest() -> None:
    core = a_core()

    added = await add(core)

    assert added.resource.knows(added.secret)
    assert added.secret.reveal() not in str(core.tables)
    assert added.secret.reveal() not in repr(added)


async def test_tokens_can_be_issued_for_it_and_it_can_introspect_them() -> None:
    core = a_core()
    added = await add(core)
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor, resources=(URI,), scope=None)
    tokens = await core.redeem(await core.complete(visitor, flow_id))

    active = await core.uses.introspect_token()(
        IntrospectTokenCommand(
            credentials=ResourceCredentials(resource_id=added.resource.id, secret=added.secret),
            token=tokens.access_token,
        )
    )

    assert active is not None
    assert active.resource == URI
    assert await core.introspect(tokens.access_token) is None


@pytest.mark.parametrize(
    ("uri", "scopes", "why"),
    [
        ("mcp.example", "", "absolute"),
        ("https://new.example/#x", "", "absolute"),
        ("ftp://new.example", "", "absolute"),
        ("https://[::1", "", "IPv6"),
        (URI, 'a"b', "RFC 6749"),
        (RESOURCE_URI, "", "registered already"),
        ("HTTPS://MCP.example/mcp", "", "registered already"),
    ],
)
async def test_what_cannot_be_registered_is_refused_with_the_reason(uri: str, scopes: str, why: str) -> None:
    core = a_core()
    known = dict(core.tables.resources)

    with pytest.raises(ResourceRefused, match=why):
        await add(core, uri, scopes=scopes)

    assert core.tables.resources == known


async def test_of_two_who_register_one_uri_at_once_one_gets_it() -> None:
    core = a_core()

    answers = await all_at_once(core.storage, lambda: add(core), lambda: add(core))

    assert sorted(type(answer).__name__ for answer in answers) == ["ResourceAdded", "ResourceRefused"]
