import json
from collections.abc import AsyncIterator

import attrs
import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pip_hub.entrypoints.demo.sample_discovery import Challenge, find_issuer, find_server, knock, register
from pip_hub.entrypoints.demo.sample_store import AuthorizationServer
from pip_hub.entrypoints.demo.sample_trail import SampleTrouble, Trail
from tests.support.loopback import listener, serving, url_of

pytestmark = pytest.mark.anyio


@attrs.define
class SomeServer:
    """Answers every request with the same thing."""

    url: str
    answer: Response = attrs.field(factory=Response)

    async def respond(self, _request: Request) -> Response:
        return self.answer


@pytest.fixture
async def server() -> AsyncIterator[SomeServer]:
    bound = listener()
    some = SomeServer(url_of(bound))
    async with serving(Starlette(routes=[Route("/{path:path}", some.respond, methods=["GET", "POST"])]), bound):
        yield some


@pytest.fixture
async def trail() -> AsyncIterator[Trail]:
    async with httpx2.AsyncClient(trust_env=False) as http:
        yield Trail(http=http)


@pytest.mark.requirement("RFC 9728 5.1")
@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("come in"),
        PlainTextResponse("no", status_code=401, headers={"WWW-Authenticate": 'Bearer realm="x"'}),
        PlainTextResponse("no", status_code=403, headers={"WWW-Authenticate": 'Bearer resource_metadata="http://x"'}),
    ],
)
async def test_a_server_that_does_not_point_at_its_metadata_is_given_up_on(
    server: SomeServer, trail: Trail, answer: Response
) -> None:
    server.answer = answer

    with pytest.raises(SampleTrouble, match="did not ask for a token"):
        await knock(trail, f"{server.url}/mcp")


@pytest.mark.requirement("RFC 9728 3.3")
@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"resource": "URL/other", "authorization_servers": ["URL"]}, "about another server"),
        ({"resource": "URL/mcp/", "authorization_servers": ["URL"]}, "about another server"),
        ({"resource": "URL/mcp"}, "names no hub"),
        ({"resource": "URL/mcp", "authorization_servers": []}, "names no hub"),
        ({"resource": "URL/mcp", "authorization_servers": [7]}, "names no hub"),
        (["URL"], "not a JSON object"),
    ],
)
async def test_metadata_of_another_resource_or_without_a_hub_is_not_followed(
    server: SomeServer, trail: Trail, document: object, complaint: str
) -> None:
    server.answer = Response(json.dumps(document).replace("URL", server.url), media_type="application/json")

    with pytest.raises(SampleTrouble, match=complaint):
        await find_issuer(trail, Challenge(metadata_url=f"{server.url}/metadata", scope=None), f"{server.url}/mcp")


async def test_a_hub_without_metadata_is_asked_at_each_place_it_could_be(server: SomeServer, trail: Trail) -> None:
    server.answer = PlainTextResponse("not here", status_code=404)

    with pytest.raises(SampleTrouble, match="publishes no metadata"):
        await find_server(trail, f"{server.url}/tenant", f"{server.url}/mcp")

    assert [step.url.removeprefix(server.url) for step in trail.steps] == [
        "/.well-known/oauth-authorization-server/tenant",
        "/.well-known/openid-configuration/tenant",
        "/tenant/.well-known/openid-configuration",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"error": "invalid_client_metadata"}, status_code=400),
        JSONResponse({"client_name": "no identifier"}, status_code=201),
        JSONResponse({"client_id": 7}, status_code=201),
    ],
)
async def test_a_registration_that_fails_is_said_to_have_failed(
    server: SomeServer, trail: Trail, answer: Response
) -> None:
    server.answer = answer
    hub = AuthorizationServer(
        issuer=server.url,
        authorization_endpoint=f"{server.url}/authorize",
        token_endpoint=f"{server.url}/token",
        registration_endpoint=f"{server.url}/register",
        revocation_endpoint=None,
        sends_issuer=True,
    )

    with pytest.raises(SampleTrouble, match="did not register"):
        await register(trail, hub, redirect_uri=f"{server.url}/callback", scope=None)
