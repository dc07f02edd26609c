"""What the page says of each way a disconnect can end, over real providers that behave so, and the log of it all.

With PIP_HUB_SCREENSHOTS set the sentences are also written to docs/transcripts.
"""

from datetime import timedelta

import anyio
import attrs
import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.person import Person, Sight
from tests.e2e.pictures import picture
from tests.e2e.stories import keep

pytestmark = pytest.mark.anyio

HEADLINE = """What the hub said in Chromium after a disconnect, by what happened at the provider.
Made by tests/e2e/test_disconnecting.py. docs/disconnecting.md has all outcomes."""

NEXT_TRY = timedelta(minutes=2)
"""The second try comes a minute after the first."""

PATIENCE = 30.0
"""Seconds."""

KEPT = "Google still lists Pip, because another connection uses the same account there."
STORY = [
    "Xero confirmed that Pip’s access to Demo Company (AU) is gone.",
    "You disconnected Xero: Demo Company (AU). Xero has not confirmed yet.",
    "You connected Xero: Demo Company (AU) (Read-only).",
    "Google says that Pip’s access to alex@example.com is gone already.",
    "You disconnected Gmail: alex@example.com.",
    "You connected Gmail: alex@example.com (Read-only).",
    "Google says that Pip’s access to alex@example.com is gone already.",
    "Google confirmed that Pip’s access to alex@example.com is gone.",
    "You disconnected Google Sheets: alex@example.com.",
    "You disconnected Gmail: alex@example.com.",
    "You connected Gmail: alex@example.com (Read-only).",
    f"You disconnected Gmail: alex@example.com. {KEPT}",
    "You changed the access to Google Sheets: Read-only.",
    "Sample client used Google Sheets with write access 2 times.",
    "Sample client read from Gmail.",
    "You connected Google Sheets: alex@example.com (Read and write).",
    "You connected Gmail: alex@example.com (Read-only).",
]
"""The log of the person, the newest first."""


@attrs.frozen
class Disconnecting:
    """A person who tries out all ends, and what they were told."""

    demo: Demo
    person: Person
    told: list[str] = attrs.field(factory=list)

    async def drop(self, connector: str, outcome: str, *words: str, action: str = "disconnect") -> None:
        """Press the button; the page must say these words."""
        await self.person.press_on(connector, action)
        await self.person.sees_hub()
        await expect(self.person.banner).to_have_attribute("role", "status")
        for expected in words:
            await expect(self.person.banner).to_contain_text(expected)
        await expect(self.person.card(connector)).to_have_attribute("data-status", "not_connected")
        text = " ".join((await self.person.banner.inner_text()).split())
        self.told.append(f"{outcome}\n    {text}")


async def test_every_end_of_a_disconnect_is_told_and_one_that_was_open_is_settled_after_a_restart(
    own_demo: Demo, meet: Meet
) -> None:
    person = await meet("user@example.com", Sight(scripts=False))
    await _use_two_services(own_demo, person)
    trial = Disconnecting(own_demo, person)
    await _services_of_one_account(trial)
    await _gone_before(trial)
    await _an_outage(trial)
    await _all_in_the_log(trial)
    keep("disconnecting.txt", HEADLINE, *trial.told)
    assert person.violations == []
    assert "Traceback" not in own_demo.program.log


async def _use_two_services(demo: Demo, person: Person) -> None:
    """So that there is something to disconnect, and to read about in the log."""
    await person.open(demo.sample_client)
    await person.press("connect")
    await person.sign_in("register")
    await person.sees_hub()
    await person.connect("gmail")
    await person.connect("google_sheets", level="write")
    await person.press("continue")
    for tool in ("gmail_search", "sheets_append", "sheets_append"):
        await person.press(tool)
        await expect(person.result(tool)).to_be_visible()
    await person.open(f"{demo.hub}/integrations")
    await person.change_level("google_sheets", "read")
    await expect(person.banner).to_contain_text("✓ Google Sheets: Read-only")


async def _services_of_one_account(trial: Disconnecting) -> None:
    person = trial.person
    await expect(person.card("gmail")).to_contain_text("Shares one Google sign-in with Google Sheets.")
    await trial.drop("gmail", "kept: Google Sheets uses the same account", "Gmail disconnected.", KEPT)
    assert await _consents(trial.demo) == 1
    await person.connect("gmail")
    words = ("Gmail and Google Sheets disconnected.", "Google has confirmed that Pip’s access is gone.")
    await trial.drop("gmail", "revoked: all Google services at once", *words, action="disconnect-all")
    await expect(person.card("google_sheets")).to_have_attribute("data-status", "not_connected")
    await picture(person.page, "hub-disconnected")
    assert await _consents(trial.demo) == 0


async def _consents(demo: Demo) -> int:
    return len((await demo.control.state())["google"]["consents"])


async def _gone_before(trial: Disconnecting) -> None:
    await trial.person.connect("gmail")
    assert await trial.demo.control.remove_google_app(account="alex@example.com") == 1
    await trial.drop("gmail", "already gone: removed in the Google account before", "Google had ended Pip’s access")


async def _an_outage(trial: Disconnecting) -> None:
    """Xero is down when it is told; the next try comes after a restart, and gets through."""
    person, demo = trial.person, trial.demo
    still = person.page.get_by_text("Still telling Xero to forget Demo Company (AU)")
    await person.connect("xero", organisation="Demo Company (AU)")
    await demo.control.fail("xero.revocation", status=503)
    await trial.drop("xero", "trying: Xero answers 503", "Xero has not confirmed yet; we keep asking.")
    await expect(still).to_be_visible()
    await picture(person.page, "hub-still-telling")
    await demo.restart_later(NEXT_TRY)
    with anyio.fail_after(PATIENCE):
        while await still.count():  # the hub, just started, tells Xero while the person looks
            await person.page.reload()
            await person.sees_hub()
    assert (await demo.control.state())["xero"]["refresh_tokens"] == []


async def _all_in_the_log(trial: Disconnecting) -> None:
    """The whole story in plain words, the newest first."""
    page = trial.person.page
    await page.get_by_role("link", name="Activity").click()
    await expect(page.locator("h1")).to_have_text("Activity")
    await picture(page, "activity", whole=False)
    lines = [" ".join(line.split()) for line in await page.locator(".log li p").all_inner_texts()]
    assert lines == STORY
