import logging
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from pip_hub.entrypoints.demo.mcp_server import DemoMcpConfig, create_mcp_app
from tests.integration.demo.calling import post
from tests.integration.demo.conftest import Demo, a_browser
from tests.support.loopback import listener, serving, url_of

pytestmark = pytest.mark.anyio


@pytest.mark.requirement("RFC 9728 5.1")
@pytest.mark.requirement("RFC 6750 3.1")
@pytest.mark.parametrize("authorization", [[], ["Basic dXNlcjpwYXNz"], [""]])
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
async def test_without_a_token_a_client_is_told_where_to_get_one(
    demo: Demo, method: str, authorization: list[str]
) -> None:
    response = await demo.browser.request(
        method, demo.config.resource, headers=[("Authorization", value) for value in authorization]
    )

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == (
        f'Bearer resource_metadata="{demo.config.origin}/.well-known/oauth-protected-resource/mcp", scope="mcp"'
    )
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.requirement("RFC 6750 3.1")
async def test_a_token_the_hub_does_not_know_is_an_invalid_token(demo: Demo) -> None:
    response = await post(demo, "Bearer never-issued")

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith('Bearer error="invalid_token", error_description="')
    assert f'resource_metadata="{demo.config.metadata_url}"' in response.headers["www-authenticate"]


@pytest.mark.parametrize("value", ["", " two words", ' "quoted"', f" {'x' * 5000}", " a\\b", " =="])
async def test_what_can_not_be_a_token_is_refused_without_asking_the_hub(demo: Demo, value: str) -> None:
    response = await post(demo, f"Bearer{value}")

    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")
    assert demo.hub.introspected == 0


@pytest.mark.requirement("RFC 6750 3.1")
async def test_two_authorization_headers_are_a_bad_request(demo: Demo) -> None:
    good = f"Bearer {demo.hub.issue()}"

    response = await post(demo, good, "Bearer other")

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.requirement("RFC 8707 2")
@pytest.mark.parametrize(
    "overrides",
    [
        {"aud": "http://localhost:1/mcp"},
        {"aud": ["http://localhost:1/mcp"]},
        {"aud": None},
        {"iss": "http://localhost:1"},
        {"active": "true"},
    ],
)
async def test_a_token_for_another_server_or_of_another_hub_is_refused(
    demo: Demo, overrides: dict[str, object]
) -> None:
    demo.hub.introspection_overrides = overrides

    response = await post(demo, f"Bearer {demo.hub.issue()}")

    assert (response.status_code, response.json()["error"]) == (401, "invalid_token")


async def test_a_token_for_several_servers_is_accepted_by_each(demo: Demo) -> None:
    demo.hub.introspection_overrides = {"aud": ["http://localhost:1/mcp", demo.config.resource]}

    assert (await post(demo, f"bearer {demo.hub.issue()}")).status_code == 200


@pytest.mark.requirement("RFC 6750 3.1")
async def test_a_token_without_the_scope_is_told_which_scope_it_needs(demo: Demo) -> None:
    response = await post(demo, f"Bearer {demo.hub.issue(scope='profile other')}")

    assert response.status_code == 403
    assert 'error="insufficient_scope"' in response.headers["www-authenticate"]
    assert response.headers["www-authenticate"].endswith('scope="mcp"')


async def test_access_that_is_taken_away_ends_with_the_very_next_call(demo: Demo) -> None:
    token = demo.hub.issue()
    assert (await post(demo, f"Bearer {token}")).status_code == 200

    del demo.hub.access[token]

    assert (await post(demo, f"Bearer {token}")).status_code == 401


@pytest.mark.parametrize(
    "answer",
    [
        PlainTextResponse("trouble", status_code=500),
        HTMLResponse("<h1>Sign in</h1>"),
        JSONResponse(["active"]),
        JSONResponse({"active": True, "aud": "", "client_id": "x"}, status_code=303),
        JSONResponse({"error": "invalid_client"}, status_code=401),
        Response(b"\xff\xfe{}", media_type="application/json"),
    ],
)
async def test_a_hub_that_gives_no_usable_answer_is_not_the_tokens_fault(demo: Demo, answer: Response) -> None:
    demo.hub.introspection_answer = answer

    response = await post(demo, f"Bearer {demo.hub.issue()}")

    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert "www-authenticate" not in response.headers
    assert response.json()["error"]["message"].endswith("there is no need to sign in again.")


@pytest.mark.parametrize("missing", ["sub", "client_id"])
async def test_a_hub_that_does_not_say_whose_token_it_is_gets_nobody_in(demo: Demo, missing: str) -> None:
    demo.hub.introspection_overrides = {missing: None}

    assert (await post(demo, f"Bearer {demo.hub.issue()}")).status_code == 503


async def test_a_hub_that_is_gone_is_not_the_tokens_fault(tmp_path: Path) -> None:
    nobody, mcp_socket = listener(), listener()
    issuer = url_of(nobody)
    nobody.close()
    config = DemoMcpConfig(
        issuer=issuer,
        resource=f"{url_of(mcp_socket)}/mcp",
        resource_id="id",
        resource_secret="secret",
        scopes=(),
        sample_client_file=tmp_path / "unused.json",
    )
    async with serving(create_mcp_app(config), mcp_socket), a_browser() as browser:
        response = await browser.post(config.resource, headers={"Authorization": "Bearer abc"})

    assert response.status_code == 503
    assert "could not be reached" in response.json()["error"]["message"]


async def test_a_wrong_resource_secret_is_reported_in_the_log_and_no_secret_is(
    demo: Demo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    demo.hub.introspection_answer = JSONResponse({"error": "invalid_client"}, status_code=401)
    token = demo.hub.issue()

    await post(demo, f"Bearer {token}")

    assert "refused this MCP server's own credentials" in caplog.text
    assert demo.config.resource_secret not in caplog.text
    # httpcore2 logs whole requests at DEBUG, on the side of this test too; what counts is what the demo writes.
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("pip_hub")]
    assert ours
    assert all(token not in message for message in ours)
