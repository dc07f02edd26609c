"""Without a mouse."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.looks import focused
from tests.e2e.person import Person

pytestmark = pytest.mark.anyio

MOST_STOPS = 40


async def test_tab_space_and_enter_lead_from_sign_in_to_the_client_and_the_focus_can_always_be_seen(
    demo: Demo, meet: Meet
) -> None:
    person = await meet()
    await person.open(demo.sample_client)
    await _tab_to(person, action="connect")
    await person.page.keyboard.press("Enter")

    await expect(person.page.locator("h1")).to_have_text("Sign in to Pip")
    await _tab_to(person, name="email")
    await person.page.keyboard.type(person.email)
    await _tab_to(person, name="password")
    await person.page.keyboard.type(person.password)
    await _tab_to(person, name="action", value="register")
    await person.page.keyboard.press("Space")

    await person.sees_hub()
    await _tab_to(person, name="level")  # the first card is Xero's
    await person.page.keyboard.press("ArrowDown")
    await _tab_to(person, action="connect")
    await person.page.keyboard.press("Enter")
    await expect(person.page.locator("[data-account]").first).to_be_visible()
    await _tab_to(person, name="account", value="alex@example.com")
    await person.page.keyboard.press("Enter")
    await expect(person.page.locator("[data-organisation]").first).to_be_visible()
    await _tab_to(person, name="organisation")
    while (await focused(person.page))["value"] != "Demo Company (AU)":
        await person.page.keyboard.press("ArrowDown")
    await _tab_to(person, action="allow")
    await person.page.keyboard.press("Space")

    await expect(person.banner).to_contain_text("✓ Xero connected: Demo Company (AU)")
    await expect(person.banner).to_be_focused()  # what happened comes first, and Tab goes on from there
    await _tab_to(person, name="level")
    await person.page.keyboard.press("ArrowUp")
    await _tab_to(person, action="change-level")
    await person.page.keyboard.press("Enter")
    await expect(person.banner).to_contain_text("✓ Xero: Read-only")
    await expect(person.banner).to_be_focused()
    await _tab_to(person, action="disconnect")
    await person.page.keyboard.press("Space")
    await expect(person.banner).to_contain_text("Xero disconnected.")
    await expect(person.banner).to_be_focused()
    await _tab_to(person, action="continue")
    await person.page.keyboard.press("Enter")
    await expect(person.result("connected")).to_be_visible()


async def test_cards_of_different_services_have_buttons_that_sound_different(demo: Demo, meet: Meet) -> None:
    person = await meet()
    await person.open(f"{demo.hub}/integrations")
    await person.sign_in("register")
    await person.sees_hub()
    for name in ("Connect Xero", "Connect Gmail", "Connect Google Sheets"):
        await expect(person.page.get_by_role("button", name=name, exact=True)).to_have_count(1)


async def _tab_to(person: Person, **wanted: str) -> None:
    """Press Tab until the keyboard is there; wherever it stops on the way, one must be able to see it."""
    for _ in range(MOST_STOPS):
        await person.page.keyboard.press("Tab")
        there = await focused(person.page)
        if there["tag"] == "BODY":
            continue
        assert there["visible"], f"the focus cannot be seen on {there}"
        if all(there[key] == value for key, value in wanted.items()):
            return
    raise AssertionError(f"Tab never reaches {wanted} on {person.page.url}")
