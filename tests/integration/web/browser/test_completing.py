"""Continue, Skip and Cancel: each ends a flow once, and the second time explains."""

from urllib.parse import parse_qs, urlsplit

import pytest

from pip_hub.domain.redirect_uri import RedirectUri
from tests.builders import a_client
from tests.support.hub import ISSUER, STATE, Browser, MemoryHub, a_hub

pytestmark = pytest.mark.anyio


async def test_continue_brings_a_code_the_state_and_the_issuer_to_the_client(in_flow: Browser) -> None:
    await in_flow.connect("xero")
    url = urlsplit(await in_flow.leave("data-action", "continue"))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://client.example/callback"
    answer = parse_qs(url.query)
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ([STATE], [ISSUER])


async def test_skip_does_the_same_with_nothing_connected(in_flow: Browser) -> None:
    assert "code=" in await in_flow.leave("data-action", "skip")


async def test_the_query_of_the_redirect_uri_is_kept() -> None:
    client = a_client(redirect_uris=(RedirectUri("https://client.example/callback?tenant=7"),))
    async with a_hub(client=client) as hub:
        browser = hub.browser()
        await browser.open(hub.authorize_path())
        await browser.register()
        url = await browser.leave("data-action", "continue")
    assert url.startswith("https://client.example/callback?tenant=7&code=")


@pytest.mark.parametrize(
    "redirect_uri",
    ["http://127.0.0.1:33418/callback", "http://localhost:33418/callback", "http://[::1]:33418/callback"],
)
async def test_loopback_clients_get_their_answer_at_the_port_they_asked_from(redirect_uri: str) -> None:
    registered = RedirectUri(redirect_uri.replace(":33418", ""))
    async with a_hub(client=a_client(redirect_uris=(registered,))) as hub:
        browser = hub.browser()
        await browser.open(hub.authorize_path(redirect_uri=redirect_uri))
        await browser.register()
        assert (await browser.leave("data-action", "continue")).startswith(f"{redirect_uri}?code=")


async def test_clients_with_their_own_scheme_get_their_answer_there() -> None:
    cursor = a_client(redirect_uris=(RedirectUri("cursor://anysphere.cursor/oauth/callback"),))
    async with a_hub(client=cursor) as hub:
        browser = hub.browser()
        await browser.open(hub.authorize_path())
        await browser.register()
        url = await browser.leave("data-action", "continue")
    assert url.startswith("cursor://anysphere.cursor/oauth/callback?code=")


async def test_cancel_brings_access_denied_to_the_client(in_flow: Browser) -> None:
    answer = parse_qs(urlsplit(await in_flow.leave("data-action", "cancel")).query)
    assert answer == {"error": ["access_denied"], "state": [STATE], "iss": [ISSUER]}


async def test_a_second_continue_explains_and_offers_the_very_same_answer(in_flow: Browser) -> None:
    url = await in_flow.leave("data-action", "continue")
    page = await in_flow.press("data-action", "continue")
    assert page.status == 200
    assert "You have already continued" in page.text
    assert url in page.values("href")


async def test_a_second_cancel_explains_and_offers_the_same_way(in_flow: Browser) -> None:
    url = await in_flow.leave("data-action", "cancel")
    page = await in_flow.press("data-action", "cancel")
    assert page.status == 200
    assert "You have already said no" in page.text
    assert url in page.values("href")


async def test_cancel_after_continue_tells_that_it_was_too_late(in_flow: Browser) -> None:
    await in_flow.leave("data-action", "continue")
    page = await in_flow.press("data-action", "cancel")
    assert "You have already continued" in page.text


async def test_when_the_code_has_expired_the_way_back_is_the_clients_home(hub: MemoryHub, in_flow: Browser) -> None:
    await in_flow.leave("data-action", "continue")
    hub.clock.advance(hub.policy.code_lifetime)
    page = await in_flow.press("data-action", "continue")
    assert "https://client.example/" in page.values("href")
    assert "code=" not in page.html


async def test_without_a_home_the_person_is_told_to_go_back() -> None:
    cursor = a_client(redirect_uris=(RedirectUri("cursor://anysphere.cursor/oauth/callback"),))
    async with a_hub(client=cursor) as hub:
        browser = hub.browser()
        await browser.open(hub.authorize_path())
        await browser.register()
        await browser.leave("data-action", "continue")
        hub.clock.advance(hub.policy.code_lifetime)
        page = await browser.press("data-action", "continue")
    assert "Go back to Sample client; you can close this page." in page.text


async def test_coming_back_to_a_finished_flow_explains_and_offers_the_same_way_again(in_flow: Browser) -> None:
    flow = in_flow.page.url.removeprefix(ISSUER)
    answer = await in_flow.leave("data-action", "continue")
    page = await in_flow.open(flow)
    assert page.status == 400
    assert "You have already continued" in page.text
    assert "Invalid or expired flow" in page.text
    assert answer in page.values("href")
    status = await in_flow.open(flow.replace("/integrations", "/integrations/status"))
    assert status.status == 400


@pytest.mark.parametrize("action", ["complete", "cancel"])
async def test_another_users_flow_cannot_be_ended(hub: MemoryHub, in_flow: Browser, action: str) -> None:
    flow_id = in_flow.page.url.partition("flow=")[2]
    other = hub.browser()
    await other.open("/integrations")
    await other.register("other@example.com")
    fields = dict(other.form("/sign-out").fields) | {"flowId": flow_id}
    answer = await other.post(f"/integrations/{action}", fields)
    assert answer.status_code == 400
    assert "code=" in await in_flow.leave("data-action", "continue")


@pytest.mark.parametrize("action", ["complete", "cancel"])
@pytest.mark.parametrize("flow", [{}, {"flowId": ""}, {"flowId": "unknown"}])
async def test_without_a_flow_there_is_nothing_to_end(managing: Browser, action: str, flow: dict[str, str]) -> None:
    fields = dict(managing.form("/sign-out").fields) | flow
    answer = await managing.post(f"/integrations/{action}", fields)
    assert answer.status_code == 400
    assert "Invalid or expired flow" in answer.text


async def test_an_expired_flow_cannot_be_completed(hub: MemoryHub, in_flow: Browser) -> None:
    hub.clock.advance(hub.policy.flow_lifetime)
    page = await in_flow.press("data-action", "continue")
    assert page.status == 400
    assert "Invalid or expired flow" in page.text


async def test_programs_get_the_same_in_json(in_flow: Browser) -> None:
    form = in_flow.form("/integrations/complete")
    first = await in_flow.post(form.action, form.fields, Accept="application/json")
    assert first.status_code == 200
    assert first.json()["location"].startswith("https://client.example/callback?code=")
    again = await in_flow.post(form.action, form.fields, Accept="application/json")
    assert again.json() == {"location": first.json()["location"], "outcome": "completed"}
    refused = await in_flow.post(form.action, {**dict(form.fields), "flowId": "unknown"}, Accept="application/json")
    assert refused.status_code == 400
    assert refused.json()["error"] == "flow_not_open"


async def test_programs_learn_which_connectors_are_missing() -> None:
    async with a_hub(required_connectors=("xero",)) as hub:
        browser = hub.browser()
        await browser.open(hub.authorize_path())
        await browser.register()
        form = browser.form("/integrations/complete")
        answer = await browser.post(form.action, form.fields, Accept="application/json")
    assert answer.status_code == 409
    assert answer.json() == {
        "error": "connectors_missing",
        "error_description": "Connect Xero first, then continue.",
    }


async def test_programs_sign_in_with_json_answers_too(hub: MemoryHub, browser: Browser) -> None:
    await browser.open(hub.authorize_path())
    fields = dict(browser.form("/oauth/authorize/submit").fields) | {"email": "a@b.example", "password": "long enough"}
    wrong = await browser.post("/oauth/authorize/submit", fields | {"action": "sign_in"}, Accept="application/json")
    assert (wrong.status_code, wrong.json()["error"]) == (401, "wrong_credentials")
    right = await browser.post("/oauth/authorize/submit", fields | {"action": "register"}, Accept="application/json")
    assert right.json()["location"].startswith(f"{ISSUER}/integrations?flow=")
    alone = await browser.post("/sign-in", fields | {"action": "sign_in", "password": "x"}, Accept="application/json")
    assert (alone.status_code, alone.json()["error"]) == (401, "wrong_credentials")
