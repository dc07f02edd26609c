"""Xero accounts with several organisations: the person says which, until then nothing is released."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.person import Person, Sight
from tests.e2e.pictures import picture

pytestmark = pytest.mark.anyio

INVOICES = "xero_list_invoices"


async def test_where_xero_does_not_say_which_organisation_was_meant_the_person_chooses_before_anything_is_released(
    own_demo: Demo, meet: Meet
) -> None:
    neighbour, person = await meet(), await meet("user@example.com", Sight(scripts=False))
    await neighbour.open(f"{own_demo.hub}/integrations")
    await neighbour.sign_in("register")
    await neighbour.connect("xero", organisation="Demo Company (AU)")

    await own_demo.control.tell_organisation(told=False)
    await person.open(own_demo.sample_client)
    await person.press("connect")
    await person.sign_in("register")
    await person.sees_hub()
    await person.connect("xero", organisation="Harbour Street Bakery")
    await expect(person.banner).to_contain_text("One step is left: choose the organisation")
    card = person.card("xero")
    await expect(card).to_have_attribute("data-status", "needs_attention")
    await expect(card).to_contain_text("Choose an organisation. Until you do, Pip gets nothing from Xero.")
    await person.press("continue")

    await person.press(INVOICES)
    await expect(person.result(INVOICES)).to_contain_text("none has been chosen yet")
    await person.result(INVOICES).locator('[data-link="hub"]').click()
    await person.sees_hub()
    await expect(person.banner).to_contain_text("To go on, choose an organisation for Xero.")
    await picture(person.page, "hub-organisation")
    await person.choose_organisation("xero", "Harbour Street Bakery")
    await expect(person.banner).to_contain_text("From now on Pip works with Harbour Street Bakery.")
    await expect(card).to_have_attribute("data-status", "connected")
    await _lists_invoices_of(own_demo, person, "Harbour Street Bakery")

    await person.open(f"{own_demo.hub}/integrations")
    await person.choose_organisation("xero", "Demo Company (AU)")
    await _lists_invoices_of(own_demo, person, "Demo Company (AU)")
    await person.open(f"{own_demo.hub}/integrations")
    await person.choose_organisation("xero", "Harbour Street Bakery")

    # The neighbour uses the same Xero account, for the other organisation: theirs is left alone.
    await person.disconnect("xero")
    await expect(person.banner).to_contain_text("Xero has confirmed that Pip’s access is gone.")
    connections = (await own_demo.control.state())["xero"]["connections"]
    assert [one["organisation"] for one in connections] == ["Demo Company (AU)"]
    await neighbour.page.reload()
    await expect(neighbour.card("xero")).to_have_attribute("data-status", "connected")
    await person.page.get_by_role("link", name="Activity").click()
    await expect(person.page.locator(".log")).to_contain_text("You chose Harbour Street Bakery for Xero.")
    await expect(person.page.locator(".log")).to_contain_text("Sample client read from Xero 2 times.")
    assert person.violations == []


async def _lists_invoices_of(demo: Demo, person: Person, organisation: str) -> None:
    await person.open(demo.sample_client)
    await person.press(INVOICES)
    await expect(person.result(INVOICES)).to_contain_text(f"Invoices in {organisation}:")
