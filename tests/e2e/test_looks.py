"""Every page on small screens, by day and by night, and as a screen reader hears it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import ViewportSize, expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.looks import nameless_controls, poor_contrasts, sticks_out
from tests.e2e.person import PHONE, Person, Sight
from tests.e2e.pictures import picture

pytestmark = pytest.mark.anyio

SMALLEST = ViewportSize(width=320, height=640)
LONG_EMAIL = "somebody-whose-name-does-not-fit-on-any-phone@a-rather-long-subdomain.example.com"


@pytest.mark.parametrize(
    "sight", [Sight(viewport=SMALLEST), Sight(viewport=PHONE, dark=True)], ids=["320 pixels, light", "390 pixels, dark"]
)
async def test_no_page_scrolls_sideways_all_that_is_written_stands_out_and_every_control_has_a_name(
    demo: Demo, meet: Meet, sight: Sight
) -> None:
    person, troubles = await meet(f"{sight.viewport['width']}-{LONG_EMAIL}", sight), dict[str, list[str]]()
    async for station in _every_page(person, demo):
        page = person.page
        await page.wait_for_load_state()
        found = [*await sticks_out(page), *await poor_contrasts(page), *await nameless_controls(page)]
        if found:
            troubles[station] = found
    assert troubles == {}


async def test_a_phone_in_the_dark_shows_the_hub(demo: Demo, meet: Meet) -> None:
    person = await meet("phone@example.com", Sight(viewport=PHONE, dark=True))
    await person.open(demo.sample_client)
    await person.press("connect")
    await person.sign_in("register")
    await person.connect("xero", organisation="Demo Company (AU)")
    await expect(person.action("continue")).to_be_visible()
    await picture(person.page, "hub-phone-dark")


async def _every_page(person: Person, demo: Demo) -> AsyncIterator[str]:
    """Go through everything that can be seen, stopping at each page; what is yielded is its name."""
    for stations in (_into_the_hub(person, demo), _changes(person), _outside_a_flow(person, demo)):
        async for station in stations:
            yield station


async def _into_the_hub(person: Person, demo: Demo) -> AsyncIterator[str]:
    page = person.page
    await person.open(demo.sample_client)
    yield "sample client, not connected"
    await person.press("connect")
    await expect(page.locator("h1")).to_have_text("Sign in to Pip")
    yield "sign-in"
    await person.sign_in("sign_in")
    await expect(person.banner).to_contain_text("don’t match")
    yield "sign-in, refused"
    await person.sign_in("register")
    await person.sees_hub()
    yield "hub, nothing connected"
    await person.leave_for("xero")
    yield "sandbox, accounts"
    await page.locator('[data-account="alex@example.com"]').click()
    await expect(person.action("allow")).to_be_visible()
    yield "sandbox, Xero's consent"
    await person.press("allow")
    await person.sees_hub()
    yield "hub, connected"
    await person.leave_for("gmail")
    await page.locator('[data-account="alex@example.com"]').click()
    await expect(person.action("decline")).to_be_visible()
    yield "sandbox, Google's consent"
    await person.press("decline")
    await person.sees_hub()
    yield "hub, failed"


async def _changes(person: Person) -> AsyncIterator[str]:
    page = person.page
    await person.connect("google_sheets", level="write")
    await person.change_level("google_sheets", "read")
    await expect(person.card("google_sheets")).to_contain_text("still holds")
    yield "hub, level lowered"
    await person.connect("gmail")
    await person.change_level("gmail", "write")
    await person.answer(account="sam@example.org")
    await expect(person.action("switch")).to_be_visible()
    yield "hub, another account"
    flow = page.url
    await person.press("continue")
    await expect(person.result("connected")).to_be_visible()
    yield "sample client, connected"
    await person.press("sheets_append")
    await expect(person.result("sheets_append")).to_be_visible()
    yield "sample client, refused"
    await person.open(flow)
    yield "a flow that is over"


async def _outside_a_flow(person: Person, demo: Demo) -> AsyncIterator[str]:
    await person.open(f"{demo.hub}/integrations")
    await person.sees_hub()
    yield "manage page"
    await person.page.get_by_role("link", name="Activity").click()
    await expect(person.page.locator("h1")).to_have_text("Activity")
    yield "activity"
    await person.open(f"{demo.hub}/integrations?connect=gmail")
    await expect(person.banner).to_contain_text("Gmail is connected (Read-only).")
    yield "hub, sent here for one service"
    await person.open(f"{demo.hub}/oauth/authorize?client_id=nobody")
    yield "an untrusted request"
    await person.open(f"{demo.sandbox}/control")
    yield "sandbox, control"
