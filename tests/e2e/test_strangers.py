"""What belongs to one person in one browser is of no use in another."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.person import Person
from tests.support.sandbox import Person as PersonAtTheProvider

pytestmark = pytest.mark.anyio


async def test_a_callback_opened_in_another_browser_connects_nothing_to_anybody(demo: Demo, meet: Meet) -> None:
    alice, mallory, nobody = await meet(), await meet(), await meet()
    for person in (alice, mallory):
        await _register(person, demo)
    callback = await _callback_of(mallory, demo)

    for victim, title in ((alice, "This answer doesn’t belong here"), (nobody, "Please sign in again")):
        response = await victim.page.goto(callback)
        assert response is not None
        assert response.status in {400, 401}
        await expect(victim.page.locator("h1")).to_have_text(title)
        assert urlsplit(callback).query not in await victim.page.content()
    for person in (alice, mallory):
        await person.open(f"{demo.hub}/integrations")
        await expect(person.banner).to_have_count(0)
        await expect(person.card("xero")).to_have_attribute("data-status", "not_connected")


async def test_the_browser_that_set_out_may_still_bring_the_callback_after_others_tried(demo: Demo, meet: Meet) -> None:
    alice, mallory = await meet(), await meet()
    for person in (alice, mallory):
        await _register(person, demo)
    callback = await _callback_of(alice, demo)
    await mallory.open(callback)
    await alice.open(callback)
    await expect(alice.banner).to_contain_text("✓ Xero connected: Demo Company (AU)")
    await alice.open(callback)
    await expect(alice.banner).to_have_count(0)
    await expect(alice.card("xero")).to_have_attribute("data-status", "connected")


async def test_a_flow_is_closed_to_everybody_else_and_nobody_can_tell_it_from_one_that_never_was(
    demo: Demo, meet: Meet
) -> None:
    alice, mallory = await meet(), await meet()
    same_person_elsewhere = await meet(alice.email)
    await alice.open(demo.sample_client)
    await alice.press("connect")
    await alice.sign_in("register")
    await alice.sees_hub()
    flow = alice.page.url
    await same_person_elsewhere.open(f"{demo.hub}/integrations")
    await same_person_elsewhere.sign_in("sign_in")
    await same_person_elsewhere.sees_hub()
    await _register(mallory, demo)

    unknown = re.sub(r"flow=.*", "flow=AAAAAAAAAAAAAAAAAAAAAA", flow)
    pages = {
        await _refusal(mallory, flow),
        await _refusal(mallory, unknown),
        await _refusal(same_person_elsewhere, flow),
    }
    assert len(pages) == 1
    assert "Invalid or expired flow" in pages.pop()
    await alice.page.reload()
    await alice.press("continue")
    await expect(alice.result("connected")).to_be_visible()


async def _register(person: Person, demo: Demo) -> None:
    await person.open(f"{demo.hub}/integrations")
    await person.sign_in("register")
    await person.sees_hub()


async def _callback_of(person: Person, demo: Demo) -> str:
    """Press Connect, allow everything at the provider, and return where it would send the browser."""
    async with person.page.expect_request(re.compile("/identity/connect/authorize")) as leaving:
        await person.leave_for("xero")
    at_the_provider = PersonAtTheProvider(demo.at_sandbox, demo.sandbox)
    return await at_the_provider.grant((await leaving.value).url, organisation="Demo Company (AU)")


async def _refusal(person: Person, url: str) -> str:
    response = await person.page.goto(url)
    assert response is not None
    assert response.status == 400
    return await response.text()
