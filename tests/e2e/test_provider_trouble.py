"""Providers that answer nonsense, or nothing: the hub says so in plain words, and the next try works."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.person import Person
from tests.support.sandbox import SandboxControl

pytestmark = pytest.mark.anyio

TOKEN = "google.token:authorization_code"
Trouble = Callable[[SandboxControl], Awaitable[None]]

TROUBLES: dict[str, tuple[Trouble, str]] = {
    "a 503": (lambda control: control.fail(TOKEN, status=503), "Google did not answer."),
    "a dropped connection": (lambda control: control.lose_answer(TOKEN), "Google did not answer."),
    "an HTML page": (lambda control: control.garbage(TOKEN, "html"), "could not be trusted"),
    "an empty body": (lambda control: control.garbage(TOKEN, "empty"), "could not be trusted"),
    "a 400 without an error": (lambda control: control.garbage(TOKEN, "json_without_error"), "could not be trusted"),
    "cut off JSON": (lambda control: control.garbage(TOKEN, "broken_json"), "could not be trusted"),
    "a refusal": (lambda control: control.deny("google.authorize"), "You pressed Cancel at Google"),
}


async def test_every_trouble_at_the_token_endpoint_is_told_and_the_next_try_connects(demo: Demo, meet: Meet) -> None:
    """One person meets them all, one after the other: none may leave anything behind that spoils the next try."""
    person = await meet()
    await person.open(f"{demo.hub}/integrations")
    await person.sign_in("register")
    await person.sees_hub()
    for name, (trouble, reason) in TROUBLES.items():
        await trouble(demo.control)
        await _try(person, is_asked=name != "a refusal")
        await expect(person.banner, name).to_have_count(1)
        await expect(person.banner, name).to_have_attribute("role", "alert")
        await expect(person.banner, name).to_contain_text("Gmail connection failed. Please try again.")
        await expect(person.banner, name).to_contain_text(reason)
        await expect(person.card("gmail"), name).to_have_attribute("data-status", "not_connected")
    await person.connect("gmail")
    await expect(person.banner).to_contain_text("✓ Gmail connected: alex@example.com")
    assert "Traceback" not in demo.program.log


async def test_xero_that_cannot_name_its_organisations_is_told_and_the_next_try_connects(
    demo: Demo, meet: Meet
) -> None:
    person = await meet()
    await person.open(f"{demo.hub}/integrations")
    await person.sign_in("register")
    await person.sees_hub()
    await demo.control.fail("xero.connections", status=500)
    await person.connect("xero")
    await expect(person.banner).to_contain_text("Xero connection failed. Please try again.")
    await expect(person.banner).to_contain_text("Xero did not answer.")
    await person.connect("xero", organisation="Demo Company (AU)")
    await expect(person.banner).to_contain_text("✓ Xero connected: Demo Company (AU)")


async def _try(person: Person, *, is_asked: bool) -> None:
    if is_asked:
        await person.connect("gmail")
    else:
        await person.card("gmail").locator("button").click()
        await person.sees_hub()
