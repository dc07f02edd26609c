"""Levels, as a person at a browser without scripts meets them, and as the tools of a client feel them at once."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.person import Person, Sight

pytestmark = pytest.mark.anyio

SPREADSHEETS = "https://www.googleapis.com/auth/spreadsheets"
READING_SPREADSHEETS = f"{SPREADSHEETS}.readonly"
SHEETS = "google_sheets"


async def test_a_level_goes_down_at_once_is_shrunk_at_google_and_goes_up_again_only_with_consent(
    own_demo: Demo, meet: Meet
) -> None:
    person = await meet(sight=Sight(scripts=False))
    manage = f"{own_demo.hub}/integrations"
    await person.open(own_demo.sample_client)
    await person.press("connect")
    await person.sign_in("register")
    await person.sees_hub()
    await person.connect(SHEETS, level="write")
    await expect(person.card(SHEETS).locator('select[name="level"]')).to_have_value("write")
    await person.press("continue")
    await _may_add_a_row(person)

    await person.open(manage)
    await person.change_level(SHEETS, "read")
    await expect(person.banner).to_contain_text("✓ Google Sheets: Read-only")
    await expect(person.banner).to_contain_text("From now on Pip can read, and change nothing.")
    await expect(person.card(SHEETS)).to_contain_text("Pip only reads. Google still holds the wider permission")
    assert await _held_by_google(own_demo) == [SPREADSHEETS]
    await _may_not_add_a_row(own_demo, person)

    await person.press_on(SHEETS, "narrow")
    await person.sees_provider()
    assert await _held_by_google(own_demo) == []
    await person.answer()
    await expect(person.banner.first).to_contain_text("Google has confirmed that Pip’s access is gone.")
    await expect(person.banner.last).to_contain_text("✓ Google Sheets connected: alex@example.com")
    await expect(person.card(SHEETS)).not_to_contain_text("still holds")
    assert await _held_by_google(own_demo) == [READING_SPREADSHEETS]
    await _may_not_add_a_row(own_demo, person)

    await person.change_level(SHEETS, "write")
    await person.sees_provider()
    await person.answer("decline")
    await expect(person.banner).to_contain_text("Google Sheets connection failed.")
    await expect(person.card(SHEETS).locator('select[name="level"]')).to_have_value("read")
    await person.change_level(SHEETS, "write")
    await person.sees_provider()
    await person.answer()
    await expect(person.banner).to_contain_text("✓ Google Sheets connected: alex@example.com")
    await expect(person.card(SHEETS).locator('select[name="level"]')).to_have_value("write")
    await person.open(own_demo.sample_client)
    await _may_add_a_row(person)
    assert person.violations == []


async def test_another_account_on_the_way_to_more_changes_nothing_until_the_person_switches_on_purpose(
    own_demo: Demo, meet: Meet
) -> None:
    person = await meet(sight=Sight(scripts=False))
    await person.open(f"{own_demo.hub}/integrations")
    await person.sign_in("register")
    await person.sees_hub()
    await person.connect("gmail")
    await person.change_level("gmail", "write")
    await person.sees_provider()
    await person.answer(account="sam@example.org")
    await expect(person.banner).to_have_attribute("role", "alert")
    await expect(person.banner).to_contain_text("Gmail is still connected as before.")
    await expect(person.banner).to_contain_text("You are connected as alex@example.com and chose sam@example.org.")
    card = person.card("gmail")
    await expect(card).to_have_attribute("data-status", "connected")
    await expect(card).to_contain_text("alex@example.com")
    await expect(card.locator('select[name="level"]')).to_have_value("read")

    await person.press("switch")
    await person.sees_hub()
    await expect(person.banner).to_contain_text("Gmail disconnected.")
    await person.connect("gmail", account="sam@example.org", level="write")
    await expect(person.banner).to_contain_text("✓ Gmail connected: sam@example.org")
    await expect(card).to_contain_text("sam@example.org")
    assert person.violations == []


async def _may_add_a_row(person: Person) -> None:
    await person.press("sheets_append")
    await expect(person.result("sheets_append")).to_contain_text("Added a row at Sheet1!")


async def _may_not_add_a_row(demo: Demo, person: Person) -> None:
    """The client is told why, with a link that leads back to the card."""
    await person.open(demo.sample_client)
    await person.press("sheets_append")
    refusal = person.result("sheets_append")
    await expect(refusal).to_contain_text("Google Sheets is connected, but not for making changes")
    await refusal.locator('[data-link="hub"]').click()
    await person.sees_hub()
    await expect(person.banner).to_contain_text("Google Sheets is connected (Read-only).")


async def _held_by_google(demo: Demo) -> list[str]:
    """What the account has granted, apart from who it is."""
    consents = (await demo.control.state())["google"]["consents"]
    return [scope for consent in consents for scope in consent["scopes"] if "spreadsheets" in scope]
