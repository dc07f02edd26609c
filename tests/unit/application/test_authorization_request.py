"""Which authorization requests are answered, and where an error goes."""

from typing import Any

import attrs
import pytest

from pip_hub.application.flows.authorization_request import MAX_STATE_LENGTH
from pip_hub.application.flows.start_flow import SignInNeeded, StartFlowCommand
from pip_hub.domain.errors import (
    AmbiguousRequest,
    AuthorizationRefused,
    InvalidAuthorizationRequest,
    ScopeNotOffered,
    UnknownClient,
    UnknownRedirectUri,
    UnknownResource,
    UnsupportedResponseType,
    UntrustedRequest,
)
from pip_hub.domain.identifiers import ClientId
from pip_hub.domain.mcp_flow import AuthorizationRequest
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.scope import Scopes
from tests.builders import a_client, a_resource
from tests.support.core import ISSUER, REDIRECT_URI, RESOURCE_URI, Core, a_core, a_raw_request, query_of

pytestmark = pytest.mark.anyio


async def send(core: Core, **overrides: Any) -> None:
    command = StartFlowCommand(visitor=core.a_browser(), raw=a_raw_request(**overrides))
    assert isinstance(await core.uses.start_flow()(command), SignInNeeded)


async def refused(core: Core, kind: type[AuthorizationRefused], **overrides: Any) -> AuthorizationRefused:
    with pytest.raises(kind) as refusal:
        await send(core, **overrides)
    return refusal.value


async def proven(core: Core, **overrides: Any) -> AuthorizationRequest:
    flow_id = await core.start_flow(await core.sign_in(), **overrides)
    return core.tables.flows[flow_id].request


@pytest.mark.requirement("RFC 6749 4.1.2.1")
@pytest.mark.parametrize(
    ("overrides", "kind"),
    [
        ({"client_id": None}, UnknownClient),
        ({"client_id": ""}, UnknownClient),
        ({"client_id": "nobody"}, UnknownClient),
        ({"redirect_uri": "https://evil.example/callback"}, UnknownRedirectUri),
        ({"redirect_uri": "javascript:alert(1)"}, UnknownRedirectUri),
        ({"redirect_uri": ""}, UnknownRedirectUri),
        ({"redirect_uri": None}, UnknownRedirectUri),
        ({"repeated": frozenset({"client_id"})}, AmbiguousRequest),
        ({"repeated": frozenset({"redirect_uri", "scope"})}, AmbiguousRequest),
    ],
)
async def test_without_a_proven_way_back_nothing_is_sent_there(
    overrides: dict[str, Any], kind: type[UntrustedRequest]
) -> None:
    with pytest.raises(kind):
        await send(a_core(), response_type="token", **overrides)


@pytest.mark.requirement("RFC 6749 4.1.2.1")
@pytest.mark.parametrize(
    ("overrides", "kind"),
    [
        ({"response_type": None}, InvalidAuthorizationRequest),
        ({"response_type": "token"}, UnsupportedResponseType),
        ({"response_type": "code token"}, UnsupportedResponseType),
        ({"response_mode": "fragment"}, InvalidAuthorizationRequest),
        ({"response_mode": "form_post"}, InvalidAuthorizationRequest),
        ({"code_challenge": None}, InvalidAuthorizationRequest),
        ({"code_challenge": ""}, InvalidAuthorizationRequest),
        ({"code_challenge": "too short"}, InvalidAuthorizationRequest),
        ({"code_challenge_method": "plain"}, InvalidAuthorizationRequest),
        ({"code_challenge_method": None}, InvalidAuthorizationRequest),
        ({"code_challenge_method": "s256"}, InvalidAuthorizationRequest),
        ({"repeated": frozenset({"scope"})}, InvalidAuthorizationRequest),
        ({"resources": ("https://other.example/mcp",)}, UnknownResource),
        ({"resources": ("not a uri",)}, UnknownResource),
        ({"resources": (RESOURCE_URI, "https://other.example/mcp")}, UnknownResource),
        ({"scope": "admin"}, ScopeNotOffered),
        ({"scope": 'mcp:tools "'}, ScopeNotOffered),
    ],
)
async def test_anything_else_wrong_is_answered_to_the_client_with_its_state_and_our_name(
    overrides: dict[str, Any], kind: type[AuthorizationRefused]
) -> None:
    refusal = await refused(a_core(), kind, **overrides)

    assert refusal.answer_url.startswith(REDIRECT_URI + "?")
    answer = query_of(refusal.answer_url)
    assert answer.pop("error_description") == refusal.reason
    assert answer == {"error": kind.error, "state": "state of the client", "iss": ISSUER}


@pytest.mark.requirement("RFC 6749 4.1.2.1")
async def test_an_error_is_described_in_the_characters_a_description_may_have() -> None:
    for overrides in ({"response_type": "t\x00\u202e"}, {"scope": "\\"}, {"repeated": frozenset({"state", "scope"})}):
        description = query_of((await refused(a_core(), AuthorizationRefused, **overrides)).answer_url)[
            "error_description"
        ]
        assert description.isascii()
        assert description.isprintable()
        assert not set('"\\') & set(description)


async def test_all_that_was_sent_twice_is_named_in_order() -> None:
    refusal = await refused(a_core(), InvalidAuthorizationRequest, repeated=frozenset({"state", "code_challenge"}))

    assert refusal.reason == "sent more than once: code_challenge, state"


@pytest.mark.parametrize(
    "overrides",
    [
        {"state": "x" * (MAX_STATE_LENGTH + 1)},
        {"state": "line\nend"},
        {"state": "\x00"},
        {"repeated": frozenset({"state"})},
    ],
    ids=["too long", "line end", "NUL", "sent twice"],
)
async def test_a_state_that_cannot_be_trusted_is_refused_and_not_sent_back(overrides: dict[str, Any]) -> None:
    refusal = await refused(a_core(), InvalidAuthorizationRequest, **overrides)

    assert query_of(refusal.answer_url).keys() == {"error", "error_description", "iss"}


@pytest.mark.parametrize("state", [None, "", "x" * MAX_STATE_LENGTH, "é&=?#"])
async def test_any_other_state_is_kept_for_the_answer(state: str | None) -> None:
    assert (await proven(a_core(), state=state)).state == state


@pytest.mark.parametrize("mode", [None, "query"])
async def test_the_answer_in_the_query_may_be_asked_for_by_name(mode: str | None) -> None:
    await send(a_core(), response_mode=mode)


@pytest.mark.requirement("RFC 6749 3.1.2.3")
async def test_the_only_redirect_uri_may_be_left_out() -> None:
    core = a_core()
    only = RedirectUri("https://app.example/cb")
    core.tables.clients[ClientId("app")] = a_client(id=ClientId("app"), redirect_uris=(only,))

    assert (await proven(core, client_id="app", redirect_uri=None)).redirect_uri == only


@pytest.mark.requirement("RFC 8252 7.3")
async def test_the_flow_keeps_the_loopback_port_that_was_asked_for() -> None:
    request = await proven(a_core(), redirect_uri="http://127.0.0.1:51004/callback")

    assert request.redirect_uri.value == "http://127.0.0.1:51004/callback"


@pytest.mark.requirement("RFC 8707 2.1")
async def test_a_resource_is_recognised_in_every_spelling_also_when_named_twice() -> None:
    resources = (RESOURCE_URI, "HTTPS://MCP.example/mcp")

    assert (await proven(a_core(), resources=resources)).resource == RESOURCE_URI


async def test_a_client_that_names_no_resource_means_the_only_one() -> None:
    assert (await proven(a_core(), resources=())).resource == RESOURCE_URI


@pytest.mark.parametrize("registered", [0, 2])
async def test_a_client_that_names_no_resource_is_refused_when_it_is_not_clear_which_is_meant(registered: int) -> None:
    core = a_core()
    core.tables.resources.clear()
    for number in range(registered):
        resource = a_resource(uri=f"https://mcp-{number}.example")
        core.tables.resources[resource.uri] = resource

    await refused(core, UnknownResource, resources=())


@pytest.mark.requirement("RFC 6749 3.3")
@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (None, "mcp:read mcp:tools"),
        ("", "mcp:read mcp:tools"),
        ("offline_access", "mcp:read mcp:tools"),
        ("mcp:read openid offline_access", "mcp:read"),
    ],
)
async def test_the_scope_is_what_the_resource_offers_of_what_was_asked(asked: str | None, granted: str) -> None:
    assert (await proven(a_core(), scope=asked)).scopes == Scopes.parse(granted)


async def test_the_client_is_looked_at_first_the_redirect_uri_second_and_the_rest_last() -> None:
    core = a_core()
    wrong_in_all = a_raw_request(
        client_id="nobody", redirect_uri="https://evil.example/", response_type="token", resources=(), scope="admin"
    )

    async def first_problem(**corrected: Any) -> str:
        command = StartFlowCommand(visitor=core.a_browser(), raw=attrs.evolve(wrong_in_all, **corrected))
        with pytest.raises((UntrustedRequest, AuthorizationRefused)) as refusal:
            await core.uses.start_flow()(command)
        return type(refusal.value).__name__

    assert await first_problem() == "UnknownClient"
    assert await first_problem(client_id="client-1") == "UnknownRedirectUri"
    assert await first_problem(client_id="client-1", redirect_uri=REDIRECT_URI) == "UnsupportedResponseType"
