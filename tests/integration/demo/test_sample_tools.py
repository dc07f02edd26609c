import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import httpx2
import pytest

from tests.integration.demo.at_sandbox import AtSandbox, at_sandbox
from tests.integration.demo.browsing import actions, press, problem, results
from tests.integration.demo.conftest import Demo

pytestmark = pytest.mark.anyio

TOOLS = {"xero_list_invoices", "gmail_search", "sheets_read", "sheets_append"}


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncIterator[AtSandbox]:
    async with at_sandbox(tmp_path) as running:
        yield running


async def press_tool(demo: Demo, tool: str, typed: str | None = None) -> httpx2.Response:
    """What a browser sends for a tool's button: what stands in its form, unless the person typed something else."""
    page = await demo.browser.get(demo.sample_client)
    [form] = [each for each in re.findall(r"<form.*?</form>", page.text, re.DOTALL) if f'value="{tool}"' in each]
    fields = {unescape(name): unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}
    if typed is not None:
        fields["text"] = typed
    headers = {"Origin": demo.config.origin}
    return await demo.browser.post(f"{demo.sample_client}/tool", data=fields, headers=headers)


def shown(page: httpx2.Response, tool: str) -> str:
    """The answer of a tool, as HTML."""
    found = re.search(rf'<section data-result="{tool}".*?<pre>(.*?)</pre>', page.text, re.DOTALL)
    assert found is not None
    return found.group(1)


def links(html: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'<a href="([^"]*)"', html)]


async def test_there_is_a_button_for_every_tool_of_the_services(demo: Demo) -> None:
    page = await press(demo, "connect")

    assert actions(page) >= TOOLS
    assert "tools" in results(page)
    assert re.findall(r"<input(?![^>]*type=\"hidden\")[^>]*>", page.text)
    assert page.text.count("<label>") == 3


@pytest.mark.parametrize("tool", sorted(TOOLS))
async def test_a_tool_that_lacks_a_connection_shows_a_link_to_click_and_works_once_it_was_followed(
    tools: AtSandbox, tool: str
) -> None:
    await press(tools.demo, "connect")

    refused = await press_tool(tools.demo, tool)

    [link] = links(shown(refused, tool))
    assert re.fullmatch(rf"{tools.demo.config.issuer}/integrations\?connect=(xero|gmail|google_sheets)", link)
    assert re.search(rf'<section data-result="{tool}" data-failed>', refused.text)
    await tools.connect_everything()
    answered = await press_tool(tools.demo, tool)
    assert f'data-result="{tool}" data-failed' not in answered.text
    assert links(shown(answered, tool)) == []


async def test_what_the_person_types_is_what_the_tool_gets(tools: AtSandbox) -> None:
    await tools.connect_everything()
    await press(tools.demo, "connect")

    assert "Lunch on Thursday?" in shown(await press_tool(tools.demo, "gmail_search", "from:sam"), "gmail_search")
    assert "Sheet1!A5:C5" in shown(await press_tool(tools.demo, "sheets_append", "Dezember,  1 , <b>"), "sheets_append")
    read = shown(await press_tool(tools.demo, "sheets_read", "Sheet1!A5:C5"), "sheets_read")
    assert unescape(read) == "Sheet1!A5:C5:\nDezember | 1 | <b>"
    assert "&lt;b&gt;" in read


async def test_the_newest_answer_stands_first_and_the_others_stay(tools: AtSandbox) -> None:
    await tools.connect_everything()
    await press(tools.demo, "connect")

    await press_tool(tools.demo, "xero_list_invoices")
    await press_tool(tools.demo, "sheets_read")
    page = await press_tool(tools.demo, "xero_list_invoices")

    order = [name for name in re.findall(r'data-result="(\w+)"', page.text) if name not in {"connected", "tools"}]
    assert order[:4] == ["xero_list_invoices", "sheets_read", "whoami", "list_connectors"]


async def test_nothing_typed_is_an_answer_of_the_tool(demo: Demo) -> None:
    await press(demo, "connect")

    page = await press_tool(demo, "gmail_search", "")

    assert "The arguments do not fit. query: String should have at least 1 character." in page.text


@pytest.mark.parametrize(
    "form", [{}, {"tool": "whoami"}, {"tool": "<script>"}, {"tool": ["gmail_search", "x"]}, {"text": "x"}]
)
async def test_a_form_that_is_none_of_ours_calls_nothing(demo: Demo, form: dict[str, object]) -> None:
    await press(demo, "connect")
    before = demo.hub.introspected

    page = await demo.browser.post(f"{demo.sample_client}/tool", data=form, headers={"Origin": demo.config.origin})

    assert str(page.url) == demo.sample_client
    assert demo.hub.introspected == before
    assert "<script" not in page.text


async def test_a_form_of_another_site_or_of_a_size_nobody_types_is_refused(demo: Demo) -> None:
    await press(demo, "connect")
    form = {"tool": "gmail_search", "text": "x"}

    for origin in ("http://localhost:1", "null"):
        page = await demo.browser.post(f"{demo.sample_client}/tool", data=form, headers={"Origin": origin})
        assert (page.status_code, results(page)) == (403, {"refused"})
    large = await demo.browser.post(f"{demo.sample_client}/tool", data=form | {"text": "x" * 10_000})
    assert large.status_code == 413
    upload = await demo.browser.post(f"{demo.sample_client}/tool", data=form, files={"text": ("x.txt", b"x")})
    assert upload.status_code == 400
    assert not demo.hub.exchange.asked


async def test_only_links_to_the_hub_become_links(demo: Demo) -> None:
    hub = demo.config.issuer
    account = f'{hub}/a"onmouseover="x https://evil.example/x {hub}.evil.example/x javascript:alert(1) {hub}/b?c=d&e.'
    demo.hub.connectors = {"x": {"name": "X", "status": "connected", "account": account}}

    page = await press(demo, "connect")

    html = shown(page, "list_connectors")
    assert links(html) == [f"{hub}/a", f"{hub}/b?c=d&e", f"{hub}/integrations"]
    assert "onmouseover" not in "".join(re.findall(r"<[^>]*>", html))
    assert unescape(re.sub(r"<[^>]*>", "", html)).startswith(f"X: connected to {account}.")


async def test_a_tool_pressed_with_a_token_that_has_ended_says_so(demo: Demo) -> None:
    await press(demo, "connect")
    demo.hub.access.clear()

    page = await press_tool(demo, "sheets_read")

    assert problem(page) == "The MCP server no longer takes this access token: it has expired or was revoked."
