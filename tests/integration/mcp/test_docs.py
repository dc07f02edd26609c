"""The code in docs/protect-an-mcp-server.md, run as it stands there."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

from tests.integration.demo.at_sandbox import AtSandbox, at_sandbox
from tests.integration.demo.stand_in_hub import RESOURCE_ID, RESOURCE_SECRET
from tests.integration.mcp.conftest import Protected
from tests.support.loopback import listener, serving, url_of
from tests.support.mcp_client import PageOpener, words_of

pytestmark = pytest.mark.anyio

PAGE = Path(__file__).parents[3] / "docs" / "protect-an-mcp-server.md"


@attrs.frozen(kw_only=True)
class Documented:
    """The server of the page, running, with a stand-in for the hub and the sandbox in the place of Xero."""

    tools: AtSandbox
    protected: Protected


@pytest.fixture
async def documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Documented]:
    """Its blocks, one after the other, as one module: the environment is all that differs."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 3
    bound = listener()
    async with at_sandbox(tmp_path) as tools:
        hub = tools.demo.hub
        hub.resource = f"{url_of(bound)}/mcp"
        settings = {
            "PIP_HUB_URL": hub.issuer,
            "PIP_HUB_RESOURCE": hub.resource,
            "PIP_HUB_RESOURCE_ID": RESOURCE_ID,
            "PIP_HUB_RESOURCE_SECRET": RESOURCE_SECRET,
            "XERO_API": f"{tools.sandbox.url}/xero/api.xro/2.0",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        module: dict[str, Any] = {"__name__": "server"}
        exec(compile("\n".join(blocks), PAGE.name, "exec"), module)  # noqa: S102 - the page's own code is under test
        app, verifier = module["app"], module["hub"]
        assert isinstance(app, Starlette)
        async with serving(app, bound):
            yield Documented(tools=tools, protected=Protected(hub=hub, url=hub.resource, verifier=verifier))
        await verifier.aclose()


async def test_the_ten_lines_let_people_of_the_hub_in_and_nobody_else(documented: Documented) -> None:
    protected = documented.protected

    assert (await protected.post(protected.hub.issue())).status_code == 200
    stranger = await protected.post("never-issued")
    assert stranger.status_code == 401
    [metadata_url] = re.findall(r'resource_metadata="([^"]*)"', stranger.headers["www-authenticate"])
    async with protected.http("none") as http:
        metadata = (await http.get(metadata_url)).json()
    assert metadata["resource"] == protected.hub.resource
    assert metadata["authorization_servers"] == [protected.hub.issuer]
    assert metadata["scopes_supported"] == ["mcp"]
    protected.hub.introspection_answer = PlainTextResponse("down", status_code=500)
    assert (await protected.post(protected.hub.issue())).status_code == 503


async def test_the_tool_says_what_is_missing_and_works_once_it_is_there(documented: Documented) -> None:
    async with documented.protected.client() as client:
        refused = await client.call_tool("list_invoices")
        await documented.tools.connect_xero()
        listed = await client.call_tool("list_invoices")

    link = f"{documented.protected.hub.issuer}/integrations?connect=xero"
    assert refused.is_error
    assert f"Xero is not connected yet. Open {link} to change that, then try again." in words_of(refused)
    assert listed.structured_content is not None
    assert "INV-0033" in listed.structured_content["result"]


async def test_the_page_opens_where_the_client_can(documented: Documented) -> None:
    async def connect(_url: str) -> None:
        await documented.tools.connect_xero()

    opener = PageOpener(open_page=connect)
    async with documented.protected.client(opens_pages=opener) as client:
        result = await client.call_tool("which_organisation")

    assert (result.is_error, words_of(result)) == (False, "Demo Company (AU)")
    assert [asked.url for asked in opener.asked] == [f"{documented.protected.hub.issuer}/integrations?connect=xero"]


def test_the_page_promises_ten_lines_and_keeps_it() -> None:
    first = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]

    ours = [line for line in first.splitlines() if re.search(r"hub|os\b|^\)", line, re.IGNORECASE)]

    assert len(ours) == 10
