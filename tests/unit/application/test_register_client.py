"""Dynamic registration of MCP clients."""

from typing import Any

import attrs
import pytest

from pip_hub.application.clients.register_client import (
    MAX_REDIRECT_URIS,
    ClientRegistered,
    RegisterClientCommand,
)
from pip_hub.domain.client import ClientAuthMethod
from pip_hub.domain.errors import InvalidClientMetadata, InvalidRedirectUri, TokenRefused
from tests.builders import NOW
from tests.support.core import Core, a_core, public

pytestmark = pytest.mark.anyio

HOME = "https://app.example/callback"


async def register(core: Core, **overrides: Any) -> ClientRegistered:
    command = attrs.evolve(RegisterClientCommand(redirect_uris=(HOME,), auth_method="none"), **overrides)
    return await core.uses.register_client()(command)


@pytest.mark.requirement("RFC 7591 3.2.1")
async def test_a_registered_client_is_kept_with_an_id_of_its_own() -> None:
    core = a_core()

    registered = await register(core, name="Some app", client_uri="https://app.example")

    client = registered.client
    assert core.tables.clients[client.id] == client
    assert [uri.value for uri in client.redirect_uris] == [HOME]
    assert (client.name, client.client_uri, client.created_at) == ("Some app", "https://app.example", NOW)
    assert (await register(core)).client.id != client.id


async def test_a_registered_client_can_ask_for_tokens() -> None:
    core = a_core()
    client = (await register(core)).client
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor, client_id=client.id, redirect_uri=HOME)

    code = await core.complete(visitor, flow_id)

    await core.redeem(code, credentials=public(client.id), redirect_uri=HOME)


async def test_a_public_client_gets_no_secret() -> None:
    registered = await register(a_core(), auth_method="none")

    assert registered.secret is None
    assert registered.client.secret_digest is None
    assert registered.client.auth_method is ClientAuthMethod.NONE


@pytest.mark.requirement("RFC 7591 2")
@pytest.mark.parametrize(
    ("asked", "method"),
    [
        ("client_secret_post", ClientAuthMethod.POST),
        ("client_secret_basic", ClientAuthMethod.BASIC),
        (None, ClientAuthMethod.BASIC),
        ("", ClientAuthMethod.BASIC),
    ],
)
async def test_any_other_client_gets_a_secret_that_is_kept_as_a_digest(
    asked: str | None, method: ClientAuthMethod
) -> None:
    core = a_core()

    registered = await register(core, auth_method=asked)

    assert registered.client.auth_method is method
    assert registered.secret is not None
    assert registered.client.knows(registered.secret)
    assert registered.secret.reveal() not in str(core.tables)
    assert registered.secret.reveal() not in repr(registered)


async def test_a_client_without_a_usable_name_is_called_by_its_first_redirect_host() -> None:
    core = a_core()

    assert (await register(core, name=None)).client.name == "app.example"
    assert (await register(core, name="\u202e")).client.name == "app.example"
    assert (await register(core, name="Cl\u200baude")).client.name == "Claude"


@pytest.mark.parametrize("uri", [None, "", "javascript:alert(1)", "http://app.example", "https://app.example/\ud800"])
async def test_a_home_page_that_may_not_be_linked_is_dropped(uri: str | None) -> None:
    assert (await register(a_core(), client_uri=uri)).client.client_uri is None


@pytest.mark.requirement("RFC 7591 3.2.2")
@pytest.mark.parametrize(
    "redirect_uris",
    [
        (),
        (HOME,) * (MAX_REDIRECT_URIS + 1),
        ("javascript:alert(1)",),
        (HOME, "http://app.example/callback"),
        ("",),
        ("/callback",),
    ],
    ids=["none", "too many", "script", "one bad among good", "empty", "relative"],
)
async def test_redirect_uris_that_may_not_be_used_are_refused(redirect_uris: tuple[str, ...]) -> None:
    core = a_core()
    known = dict(core.tables.clients)

    with pytest.raises(InvalidRedirectUri):
        await register(core, redirect_uris=redirect_uris)

    assert core.tables.clients == known


async def test_as_many_redirect_uris_as_allowed_are_kept_in_order() -> None:
    uris = tuple(f"https://app.example/{number}" for number in range(MAX_REDIRECT_URIS))

    registered = await register(a_core(), redirect_uris=uris)

    assert tuple(uri.value for uri in registered.client.redirect_uris) == uris


async def test_the_refusal_says_what_is_wrong_with_the_redirect_uri() -> None:
    with pytest.raises(InvalidRedirectUri, match="plain http is allowed for loopback hosts only"):
        await register(a_core(), redirect_uris=("http://app.example/",))


@pytest.mark.requirement("RFC 7591 3.2.2")
@pytest.mark.parametrize(
    ("overrides", "kind"),
    [
        ({"auth_method": "private_key_jwt"}, InvalidClientMetadata),
        ({"auth_method": "NONE"}, InvalidClientMetadata),
        ({"grant_types": ("implicit",)}, InvalidClientMetadata),
        ({"grant_types": ("refresh_token",)}, InvalidClientMetadata),
        ({"response_types": ("token",)}, InvalidClientMetadata),
    ],
)
async def test_metadata_this_server_does_not_offer_is_refused(
    overrides: dict[str, Any], kind: type[TokenRefused]
) -> None:
    core = a_core()
    known = dict(core.tables.clients)

    with pytest.raises(kind):
        await register(core, **overrides)

    assert core.tables.clients == known


@pytest.mark.requirement("RFC 7591 2.1")
@pytest.mark.parametrize(
    "overrides",
    [
        {"grant_types": None, "response_types": None},
        {"grant_types": (), "response_types": ()},
        {"grant_types": ("authorization_code",), "response_types": ("code",)},
        {"grant_types": ("refresh_token", "authorization_code", "other")},
        {"response_types": ("none", "code")},
    ],
)
async def test_metadata_that_includes_the_code_grant_is_accepted(overrides: dict[str, Any]) -> None:
    await register(a_core(), **overrides)
