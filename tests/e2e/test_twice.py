"""Things done twice: two quick clicks, reload, the back button, two tabs, a page fetched again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
from playwright.async_api import expect

from tests.e2e.client_app import ClientApp, SentOut, register_client
from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.far_away import Site, site
from tests.e2e.person import Person

pytestmark = pytest.mark.anyio


@attrs.frozen(kw_only=True)
class AtTheHub:
    """Somebody whom a client has sent to the hub."""

    person: Person
    app: ClientApp
    sent_out: SentOut
    callback: Site

    async def client_has_exactly_one_good_code(self) -> None:
        """However often its callback was visited, there was one code, and it buys tokens once."""
        codes = {answer["code"] for answer in self.callback.answers() if "code" in answer}
        assert len(codes) == 1
        tokens = await self.app.redeem(codes.pop(), self.sent_out)
        assert tokens.status_code == 200, tokens.text


@asynccontextmanager
async def at_the_hub(demo: Demo, meet: Meet) -> AsyncIterator[AtTheHub]:
    """Send somebody new there."""
    person = await meet()
    async with site("127.0.0.1") as callback:
        app = await register_client(demo.hub, demo.mcp_server, f"{callback.origin}/callback", "Clicky client")
        sent_out = app.send_out()
        await person.open(sent_out.url)
        await person.sign_in("register")
        await person.sees_hub()
        yield AtTheHub(person=person, app=app, sent_out=sent_out, callback=callback)


async def test_two_quick_clicks_on_continue_bring_the_client_its_code_once(demo: Demo, meet: Meet) -> None:
    async with at_the_hub(demo, meet) as there:
        person = there.person
        await person.action("continue").dblclick(no_wait_after=True)
        await expect(person.action("way-back").or_(person.result("elsewhere"))).to_be_visible()
        if await person.action("way-back").count():
            await expect(person.page.locator("h1")).to_have_text("You have already continued")
            await person.press("way-back")
            await expect(person.result("elsewhere")).to_be_visible()
        await there.client_has_exactly_one_good_code()


async def test_posting_continue_again_lands_on_a_page_that_explains_and_leads_back(demo: Demo, meet: Meet) -> None:
    async with at_the_hub(demo, meet) as there:
        person = there.person
        second_tab = await person.context.new_page()
        await second_tab.goto(person.page.url)
        await person.press("continue")
        await expect(person.result("elsewhere")).to_be_visible()
        await second_tab.locator('[data-action="continue"]').click()
        await expect(second_tab.locator("h1")).to_have_text("You have already continued")
        await expect(second_tab.locator("main")).to_contain_text("Clicky client")
        await second_tab.locator('[data-action="way-back"]').click()
        await expect(second_tab.locator('[data-result="elsewhere"]')).to_be_visible()
        assert there.callback.answers()[0] == there.callback.answers()[1]
        await there.client_has_exactly_one_good_code()


async def test_reload_after_continue_asks_the_client_and_the_back_button_explains_and_leads_back(
    demo: Demo, meet: Meet
) -> None:
    async with at_the_hub(demo, meet) as there:
        person = there.person
        await person.press("continue")
        await expect(person.result("elsewhere")).to_be_visible()
        await person.page.reload()
        await person.page.go_back()
        await expect(person.page.locator("h1")).to_have_text("You have already continued")
        await person.press("way-back")
        await expect(person.result("elsewhere")).to_be_visible()
        await there.client_has_exactly_one_good_code()
        await person.page.go_back()
        await expect(person.page.locator("main")).to_contain_text("Go back to Clicky client")


async def test_two_tabs_of_one_authorization_url_are_two_flows_and_signing_in_twice_loses_neither(
    demo: Demo, meet: Meet
) -> None:
    person = await meet()
    async with site("127.0.0.1") as callback:
        app = await register_client(demo.hub, demo.mcp_server, f"{callback.origin}/callback")
        sent_out = app.send_out()
        other = attrs.evolve(person, page=await person.context.new_page())
        await person.open(sent_out.url)
        await other.open(sent_out.url)
        await person.sign_in("register")
        await person.sees_hub()
        await other.sign_in("sign_in")
        await other.sees_hub()
        await other.press("continue")
        await expect(other.result("elsewhere")).to_be_visible()
        # The session has a new value since the second sign-in, so the first tab's form is stale. It leads on.
        await person.press("continue")
        await expect(person.page.locator("h1")).to_have_text("This form is out of date")
        await person.page.get_by_role("link", name="Back to your integrations").click()
        await person.press("continue")
        await expect(person.result("elsewhere")).to_be_visible()
        codes = [answer["code"] for answer in callback.answers()]
        assert len(set(codes)) == 2
        for code in codes:
            assert (await app.redeem(code, sent_out)).status_code == 200


async def test_fetching_a_page_again_does_not_spoil_the_form_on_the_first(demo: Demo, meet: Meet) -> None:
    async with at_the_hub(demo, meet) as there:
        person = there.person
        await _fetch_again(person)
        await person.leave_for("xero")
        await person.answer()
        await _fetch_again(person)
        await person.disconnect("xero")
        await _fetch_again(person)
        await person.press("continue")
        await expect(person.result("elsewhere")).to_be_visible()
        await there.client_has_exactly_one_good_code()


async def test_fetching_the_sign_in_page_again_does_not_spoil_the_first(demo: Demo, meet: Meet) -> None:
    person = await meet()
    app = await register_client(demo.hub, demo.mcp_server, "http://127.0.0.1:1/callback")
    await person.open(app.send_out().url)
    await _fetch_again(person)
    await person.open(f"{demo.hub}/integrations")
    await _fetch_again(person)
    await person.page.go_back()
    await person.sign_in("register")
    await person.sees_hub()


async def test_disconnecting_twice_is_harmless(demo: Demo, meet: Meet) -> None:
    async with at_the_hub(demo, meet) as there:
        person = there.person
        await person.connect("gmail")
        other = attrs.evolve(person, page=await person.context.new_page())
        await other.open(person.page.url)
        await person.disconnect("gmail")
        await expect(person.banner).to_contain_text("Gmail disconnected.")
        await other.disconnect("gmail")
        for tab in (person, other):
            await expect(tab.card("gmail")).to_have_attribute("data-status", "not_connected")
        await expect(other.page.locator('[role="alert"]')).to_have_count(0)


async def _fetch_again(person: Person) -> None:
    """What a prefetch, an extension or a second tab does: the same page once more, with the same cookies."""
    page = await person.context.new_page()
    response = await page.goto(person.page.url)
    assert response is not None
    assert response.ok
    await page.close()
