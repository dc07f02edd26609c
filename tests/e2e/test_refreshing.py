"""Tokens that have to be renewed: the hub is killed on the way, or the provider has ended the grant."""

from datetime import timedelta

import anyio
import pytest
from playwright.async_api import Error, expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.person import Person, Sight
from tests.e2e.pictures import picture

pytestmark = pytest.mark.anyio

INVOICES = "xero_list_invoices"
REFRESH = "xero.token:refresh_token"
PATIENCE = 30.0
"""Seconds."""

XEROS_TOKENS_HAVE_ENDED = timedelta(minutes=31)
GOOGLES_TOKENS_END_SOON = timedelta(minutes=56)
LEASE_HAS_ENDED = timedelta(seconds=41)
"""The one that the killed process held; until then, calls are told to come back."""


async def test_killed_after_xero_has_replaced_the_refresh_token_the_hub_asks_again_with_the_old_one_and_goes_on(
    own_demo: Demo, meet: Meet
) -> None:
    person = await meet()
    await _connect(own_demo, person, "xero")
    await own_demo.restart_later(XEROS_TOKENS_HAVE_ENDED)

    await own_demo.control.lose_answer(REFRESH, how="silence")
    await _ask_and_be_killed(own_demo, person)
    await own_demo.restart_later(LEASE_HAS_ENDED)
    tokens = (await own_demo.control.state())["xero"]["refresh_tokens"]
    assert sorted(token["replaced"] for token in tokens) == [False, True]

    await person.open(own_demo.sample_client)
    await person.press(INVOICES)
    await expect(person.result(INVOICES)).to_contain_text("Invoices in Demo Company (AU):")
    await person.open(f"{own_demo.hub}/integrations")
    await expect(person.card("xero")).to_have_attribute("data-status", "connected")
    # The counter reaches the sandbox's file with the change it counts: the lost answer, and the one that came.
    assert (await own_demo.control.calls())[REFRESH] == 2
    assert "Traceback" not in own_demo.program.log


async def test_when_google_ends_the_grant_every_service_on_it_says_so_and_both_can_be_connected_again(
    own_demo: Demo, meet: Meet
) -> None:
    person = await meet("user@example.com", Sight(scripts=False))
    await _connect(own_demo, person, "gmail", "google_sheets")
    assert await own_demo.control.remove_google_app(account="alex@example.com") == 1
    await own_demo.restart_later(GOOGLES_TOKENS_END_SOON)

    await person.open(own_demo.sample_client)
    await person.press("gmail_search")
    refusal = person.result("gmail_search")
    await expect(refusal).to_contain_text("The connection to Gmail no longer works and has to be made again.")
    await refusal.locator('[data-link="hub"]').click()
    await person.sees_hub()
    await expect(person.banner).to_contain_text("To go on, reconnect Gmail.")
    for connector in ("gmail", "google_sheets"):
        await expect(person.card(connector)).to_have_attribute("data-status", "needs_attention")
        await expect(person.card(connector)).to_contain_text("Google has ended this connection")
    await picture(person.page, "hub-ended")
    await person.page.get_by_role("link", name="Activity").click()
    for service in ("Gmail", "Google Sheets"):
        line = person.page.locator(".log li").filter(has_text=f"ended the connection to {service} (alex@example.com).")
        await expect(line).to_have_count(1)

    await person.open(f"{own_demo.hub}/integrations")
    for connector in ("gmail", "google_sheets"):
        await person.press_on(connector, "mend")
        await person.sees_provider()
        await person.answer()
        await expect(person.card(connector)).to_have_attribute("data-status", "connected")
    await person.open(own_demo.sample_client)
    await person.press("gmail_search")
    await expect(refusal).to_contain_text("invoice 9711")
    assert person.violations == []


async def _connect(demo: Demo, person: Person, *connectors: str) -> None:
    """Everything a client needs to use these services."""
    await person.open(demo.sample_client)
    await person.press("connect")
    await person.sign_in("register")
    await person.sees_hub()
    for connector in connectors:
        await person.connect(connector)
    await person.press("continue")
    await expect(person.result("connected")).to_be_visible()


async def _ask_and_be_killed(demo: Demo, person: Person) -> None:
    """Press the tool's button; the process dies once Xero has done its part and keeps silent."""
    await person.open(demo.sample_client)
    try:
        async with anyio.create_task_group() as pressing:
            pressing.start_soon(person.press, INVOICES)
            with anyio.fail_after(PATIENCE):
                while not (await demo.control.state())["holding"]:
                    pass
            await demo.program.kill()
    except* Error:
        pass  # Chromium has seen the connection go
