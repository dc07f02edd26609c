import json
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest

from tests.integration.demo.browsing import (
    actions,
    answer_of_the_hub,
    field,
    press,
    press_and_stop_at_the_hub,
    results,
    stored,
)
from tests.integration.demo.conftest import Demo

pytestmark = pytest.mark.anyio


async def test_a_person_without_any_client_connects_and_sees_what_the_tools_answer(demo: Demo) -> None:
    home = await demo.browser.get(demo.sample_client)
    assert (results(home), actions(home)) == ({"not_connected"}, {"connect"})

    page = await press(demo, "connect")

    assert str(page.url) == demo.sample_client
    assert results(page) == {"connected", "whoami", "list_connectors", "tools", "token", "steps"}
    assert actions(page) >= {"call", "refresh", "connect", "forget"}
    assert field(page, "email") == "user@example.com"
    assert field(page, "client_id") == "client-1"
    assert field(page, "lifetime").startswith("valid until ")
    assert "Xero: connected to Demo Company (AU), read only." in page.text


async def test_it_goes_the_way_of_a_real_client_and_shows_each_step(demo: Demo) -> None:
    page = await press(demo, "connect")

    steps = [
        unescape(step).replace(demo.config.issuer, "HUB").replace(demo.config.origin, "SERVER")
        for step in re.findall(r"<span>(.*?)</span>", page.text)
    ]
    assert steps[:5] == [
        "POST SERVER/mcp → 401",
        "GET SERVER/.well-known/oauth-protected-resource/mcp → 200",
        "GET HUB/.well-known/oauth-authorization-server → 200",
        "POST HUB/oauth/register → 201",
        "POST HUB/oauth/token → 200",
    ]
    assert set(steps[5:]) == {"POST SERVER/mcp → 200"}


async def test_it_registers_as_a_public_client_and_asks_for_this_resource_with_pkce(demo: Demo) -> None:
    query = parse_qs(urlsplit(await press_and_stop_at_the_hub(demo)).query)

    assert demo.hub.clients["client-1"] == {
        "client_id": "client-1",
        "client_name": "Sample client",
        "redirect_uris": [f"{demo.sample_client}/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
        "scope": "mcp",
    }
    assert query["resource"] == [demo.config.resource]
    assert query["code_challenge_method"] == ["S256"]
    assert query["scope"] == ["mcp"]
    assert len(query["state"][0]) >= 43


async def test_the_second_sign_in_uses_the_registration_of_the_first(demo: Demo) -> None:
    await press(demo, "connect")
    page = await press(demo, "connect")

    assert list(demo.hub.clients) == ["client-1"]
    assert "whoami" in results(page)


async def test_every_page_is_locked_down_and_works_without_scripts(demo: Demo) -> None:
    pages = [
        await demo.browser.get(demo.sample_client),
        await press(demo, "connect"),
        await demo.browser.get(f"{demo.sample_client}/callback?state=unknown&code=x"),
        await demo.browser.post(f"{demo.sample_client}/call", headers={"Origin": "http://localhost:1"}),
    ]

    for page in pages:
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; ")
        assert policy.endswith(f"form-action 'self' {demo.config.issuer}")
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "same-origin"
        assert "<script" not in page.text
        assert " style=" not in page.text
        assert '<meta name="viewport"' in page.text


async def test_the_stylesheet_and_the_icon_are_there(demo: Demo) -> None:
    page = await demo.browser.get(demo.sample_client)

    for path in re.findall(r'(?:href|src)="(/sample-client/static/[^"]+)"', page.text):
        assert (await demo.browser.get(f"{demo.config.origin}{path}")).status_code == 200


async def test_calling_again_shows_what_has_changed_since(demo: Demo) -> None:
    before = await press(demo, "connect")
    demo.hub.connectors["xero"] = {**demo.hub.connectors["xero"], "status": "not_connected"}

    after = await press(demo, "call")

    assert "Xero: not connected." in after.text
    assert field(after, "fingerprint") == field(before, "fingerprint")


async def test_refreshing_brings_another_token_that_works(demo: Demo) -> None:
    before = await press(demo, "connect")

    after = await press(demo, "refresh")

    assert field(after, "fingerprint") != field(before, "fingerprint")
    assert "whoami" in results(after)
    assert "/oauth/token → 200" in after.text


async def test_a_double_click_on_refresh_spends_no_refresh_token_twice(demo: Demo) -> None:
    await press(demo, "connect")

    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(press, demo, "refresh")

    assert "whoami" in results(await demo.browser.get(demo.sample_client))


async def test_forgetting_gives_the_token_back_and_leaves_nothing_behind(demo: Demo) -> None:
    await press(demo, "connect")
    refresh_token = next(iter(demo.hub.refresh))

    page = await press(demo, "forget")

    assert results(page) == {"not_connected"}
    assert demo.hub.revoked == [refresh_token]
    assert json.loads(stored(demo)) == {"visits": {}}
    assert "sample_client" not in demo.browser.cookies


@pytest.mark.parametrize("button", ["call", "refresh", "forget"])
async def test_buttons_of_a_page_that_is_no_longer_true_lead_back_home(demo: Demo, button: str) -> None:
    assert results(await press(demo, button)) == {"not_connected"}

    await press_and_stop_at_the_hub(demo)
    assert "not_connected" in results(await press(demo, button))


async def test_a_restart_between_going_out_and_coming_back_loses_nothing(demo: Demo) -> None:
    answer = await answer_of_the_hub(demo, await press_and_stop_at_the_hub(demo))

    await demo.restart_mcp_server()
    page = await demo.browser.get(answer)
    assert "whoami" in results(page)

    await demo.restart_mcp_server()
    assert results(await demo.browser.get(demo.sample_client)) == results(page)
    assert "whoami" in results(await press(demo, "refresh"))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"visits": {"x": {"tokens": 1}}}'])
async def test_a_file_that_can_not_be_read_is_a_fresh_start(demo: Demo, content: str) -> None:
    await press(demo, "connect")
    demo.config.sample_client_file.write_text(content, encoding="utf-8")

    assert results(await demo.browser.get(demo.sample_client)) == {"not_connected"}
    assert "whoami" in results(await press(demo, "connect"))


async def test_the_page_under_another_name_of_this_machine_leads_to_the_right_one(demo: Demo) -> None:
    page = await demo.browser.get(demo.sample_client.replace("localhost", "127.0.0.1"))

    assert str(page.url) == demo.sample_client


async def test_the_root_leads_to_the_sample_client(demo: Demo) -> None:
    assert str((await demo.browser.get(demo.config.origin)).url) == demo.sample_client
