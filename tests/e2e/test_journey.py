"""A person at a browser without scripts, from the sample client through the hub and back, with the mouse alone."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.person import Sight
from tests.e2e.pictures import picture

pytestmark = pytest.mark.anyio


async def test_a_person_connects_services_without_scripts_and_the_client_is_told_the_truth(
    demo: Demo, meet: Meet
) -> None:
    person = await meet("user@example.com", Sight(scripts=False))
    page = person.page

    await person.open(demo.sample_client)
    await person.press("connect")
    await expect(page.locator("h1")).to_have_text("Sign in to Pip")
    await picture(page, "sign-in")
    await person.sign_in("register")

    await person.sees_hub()
    await expect(page.locator("h1")).to_have_text("Pip Integrations")
    await expect(page.locator("main")).to_contain_text("Signed in as: user@example.com")
    await expect(person.action("skip")).to_be_visible()
    await picture(page, "hub-empty")

    await person.leave_for("xero")
    await page.locator('[data-account="alex@example.com"]').click()
    await page.locator('[data-organisation="Demo Company (AU)"]').check()
    await picture(page, "sandbox-consent")
    await person.press("allow")
    await expect(person.banner).to_contain_text("✓ Xero connected: Demo Company (AU)")
    await expect(person.card("xero")).to_have_attribute("data-status", "connected")
    await expect(person.card("xero")).to_contain_text("Demo Company (AU)")
    await expect(person.action("skip")).to_have_count(0)

    await page.reload()
    await person.sees_hub()
    await expect(person.banner).to_have_count(0)
    await expect(person.card("xero")).to_have_attribute("data-status", "connected")

    await person.connect("gmail", "decline")
    await expect(person.banner).to_have_attribute("role", "alert")
    await expect(person.banner).to_contain_text("Gmail connection failed. Please try again.")
    await expect(person.banner).to_contain_text("You pressed Cancel at Google")
    await expect(person.card("gmail")).to_have_attribute("data-status", "not_connected")
    await picture(page, "hub-failed")

    await person.connect("gmail")
    await expect(person.banner).to_contain_text("✓ Gmail connected: alex@example.com")
    await person.connect("google_sheets")
    await expect(person.banner).to_contain_text("✓ Google Sheets connected: alex@example.com")
    await picture(page, "hub-connected")

    await person.disconnect("gmail")
    await expect(person.banner).to_have_attribute("role", "status")
    await expect(person.banner).to_contain_text("Gmail disconnected.")
    await expect(person.banner).to_contain_text("another connection uses the same account there")
    await expect(person.card("gmail")).to_have_attribute("data-status", "not_connected")

    await person.press("continue")
    await expect(person.result("connected")).to_be_visible()
    await expect(person.field("email")).to_have_text("user@example.com")
    listed = person.result("list_connectors")
    await expect(listed).to_contain_text("Xero: connected to Demo Company (AU), read only.")
    await expect(listed).to_contain_text("Gmail: not connected.")
    await expect(listed).to_contain_text("Google Sheets: connected to alex@example.com, read only.")
    await picture(page, "sample-result")
    assert person.violations == []


async def test_the_manage_page_changes_what_the_client_sees_on_its_next_call(demo: Demo, meet: Meet) -> None:
    person = await meet("sam@example.com")
    await person.open(demo.sample_client)
    await person.press("connect")
    await person.sign_in("register")
    await person.press("skip")
    await expect(person.result("list_connectors")).to_contain_text("Xero: not connected.")

    await person.open(f"{demo.hub}/integrations")
    await person.sees_hub()
    await expect(person.page.locator("h1")).to_have_text("Manage integrations")
    await expect(person.action("continue")).to_have_count(0)
    await person.connect("xero", account="sam@example.org")
    await expect(person.banner).to_contain_text("✓ Xero connected: Harbour Street Bakery")
    await picture(person.page, "manage")

    await person.open(demo.sample_client)
    await person.press("call")
    await expect(person.result("list_connectors")).to_contain_text("Xero: connected to Harbour Street Bakery")
    await person.press("refresh")
    await expect(person.result("list_connectors")).to_contain_text("Xero: connected to Harbour Street Bakery")
    await person.press("forget")
    await expect(person.result("not_connected")).to_be_visible()


async def test_somebody_who_is_not_signed_in_signs_in_first_and_comes_back_to_the_manage_page(
    demo: Demo, meet: Meet
) -> None:
    person = await meet()
    await person.open(f"{demo.hub}/integrations")
    await expect(person.page.locator("h1")).to_have_text("Sign in to Pip")
    await person.sign_in("register")
    await person.sees_hub()
    await person.press("sign-out")
    await expect(person.page.locator("h1")).to_have_text("Sign in to Pip")
    await person.sign_in("sign_in")
    await person.sees_hub()
    await expect(person.page.locator("main")).to_contain_text(f"Signed in as: {person.email}")
