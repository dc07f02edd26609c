"""MCP clients that run in a browser: which endpoints a script of another page may call, and how (CORS)."""

import pytest

from tests.integration.web.oauth.oauth_hub import OAuthHub

pytestmark = pytest.mark.anyio

ORIGIN = {"Origin": "https://inspector.example"}
POSTED = ["/oauth/token", "/oauth/register", "/oauth/revoke"]
FETCHED = ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/oauth/jwks"]


@pytest.mark.parametrize(
    ("path", "method"), [*((path, "POST") for path in POSTED), *((path, "GET") for path in FETCHED)]
)
async def test_a_preflight_is_answered_for_any_origin_and_never_reaches_the_endpoint(
    hub: OAuthHub, path: str, method: str
) -> None:
    asking = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version,x-anything",
    }

    answer = await hub.http.options(path, headers=ORIGIN | asking)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert method in answer.headers["access-control-allow-methods"].split(", ")
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert {"authorization", "content-type", "mcp-protocol-version", "*"} <= set(allowed)
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", FETCHED)
async def test_a_script_may_read_the_metadata(hub: OAuthHub, path: str) -> None:
    answer = await hub.http.get(path, headers=ORIGIN | {"MCP-Protocol-Version": "2026-07-28"})

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("path", POSTED)
async def test_a_script_may_also_read_why_it_was_refused(hub: OAuthHub, path: str) -> None:
    answer = await hub.http.post(path, headers=ORIGIN)

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (400, "*")


async def test_a_script_may_read_its_tokens(hub: OAuthHub) -> None:
    answer = await hub.redeem(await hub.a_code())

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")


async def test_no_script_may_introspect(hub: OAuthHub) -> None:
    tokens = await hub.tokens()

    preflight = await hub.http.options("/oauth/introspect", headers=ORIGIN | {"Access-Control-Request-Method": "POST"})
    answer = await hub.introspect(tokens["access_token"])

    assert preflight.status_code == 405
    assert "access-control-allow-origin" not in preflight.headers
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "NONSENSE"])
@pytest.mark.parametrize("path", [*POSTED, "/oauth/introspect"])
async def test_what_is_posted_cannot_be_had_in_another_way(hub: OAuthHub, path: str, method: str) -> None:
    refused = await hub.http.request(method, path)

    assert refused.status_code == 405
    assert "POST" in refused.headers["allow"].split(", ")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", FETCHED)
async def test_what_is_fetched_cannot_be_changed(hub: OAuthHub, path: str, method: str) -> None:
    refused = await hub.http.request(method, path)

    assert refused.status_code == 405
    assert {"GET", "HEAD"} <= set(refused.headers["allow"].split(", "))


@pytest.mark.parametrize("path", FETCHED)
async def test_the_metadata_has_a_head(hub: OAuthHub, path: str) -> None:
    assert (await hub.http.head(path)).status_code == 200
