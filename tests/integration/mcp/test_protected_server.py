import subprocess
import sys

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from tests.integration.mcp.conftest import Protected

pytestmark = pytest.mark.anyio


async def test_a_good_token_comes_through_and_any_other_is_sent_to_the_hub(protected: Protected) -> None:
    assert (await protected.post(protected.hub.issue())).status_code == 200

    for token in ("never-issued", protected.hub.issue(resource="http://localhost:2/mcp")):
        response = await protected.post(token)
        assert response.status_code == 401
        assert 'error="invalid_token"' in response.headers["www-authenticate"]
        assert "/.well-known/oauth-protected-resource/mcp" in response.headers["www-authenticate"]


async def test_a_token_without_the_scope_does_not_come_through(protected: Protected) -> None:
    assert (await protected.post(protected.hub.issue(scope="profile"))).status_code == 403


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (PlainTextResponse("down", status_code=502), "5"),
        (Response(status_code=503, headers={"Retry-After": "30"}), "30"),
        (JSONResponse({"error": "invalid_client"}, status_code=401), "5"),
    ],
)
async def test_a_hub_in_trouble_is_503_and_sends_nobody_away_to_sign_in(
    protected: Protected, answer: Response, wait: str
) -> None:
    protected.hub.introspection_answer = answer

    response = await protected.post(protected.hub.issue())

    assert (response.status_code, response.headers["retry-after"]) == (503, wait)
    assert response.headers["cache-control"] == "no-store"
    assert "www-authenticate" not in response.headers
    assert response.json()["error"]["message"].endswith("there is no need to sign in again.")


def test_the_helper_brings_nothing_else_of_the_hub_along() -> None:
    code = """
import sys
import pip_hub.mcp
ours = {name for name in sys.modules if name.startswith("pip_hub.") and not name.startswith("pip_hub.mcp")}
theirs = {"sqlalchemy", "alembic", "authlib", "jinja2", "dependency_injector"} & set(sys.modules)
print(sorted(ours | theirs))
"""
    finished = subprocess.run([sys.executable, "-c", code], env={}, capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "[]"
