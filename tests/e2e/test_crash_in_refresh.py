"""A hub that is killed while Xero's answer to a refresh is on its way: nobody is asked to connect again."""

from datetime import timedelta

import anyio
import pytest
from playwright.async_api import Error, expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.person import Person

pytestmark = pytest.mark.anyio

INVOICES = "xero_list_invoices"
REFRESH = "xero.token:refresh_token"
PATIENCE = 30.0
"""Seconds."""

TOKENS_HAVE_ENDED = timedelta(minutes=31)
LEASE_HAS_ENDED = timedelta(seconds=41)
"""The one that the killed process held; until then, calls are told to come back."""


async def test_killed_after_xero_has_replaced_the_refresh_token_the_hub_asks_again_with_the_old_one_and_goes_on(
    own_demo: Demo, meet: Meet
) -> None:
    person = await meet()
    await person.open(own_demo.sample_client)
    await person.press("connect")
    await person.sign_in("register")
    await person.sees_hub()
    await person.connect("xero", organisation="Demo Company (AU)")
    await person.press("continue")
    await own_demo.restart_later(TOKENS_HAVE_ENDED)

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
