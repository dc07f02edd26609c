"""No secret that passes over the wire can be read in a log line or in the database."""

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Meet
from tests.e2e.demo import Demo
from tests.e2e.person import Person
from tests.e2e.wire import Wire, leaks, sealed_texts, secrets_in_files

pytestmark = pytest.mark.anyio

CLIENT_STATE = re.compile("state (in the query of [^/]+/oauth/authorize$|of the sample client)")
TOKEN = "google.token:authorization_code"


async def test_no_secret_of_a_whole_journey_with_all_its_mishaps_is_in_the_log_or_readable_in_the_database(
    own_demo: Demo, meet: Meet
) -> None:
    person, stranger, wire = await meet(), await meet(), Wire()
    wire.listen(person.context)
    wire.listen(stranger.context)

    await _sign_in_with_mishaps(own_demo, person)
    await _connect_with_mishaps(own_demo, person, stranger)
    secrets = secrets_in_files(own_demo.folder)
    await person.press("continue")
    await expect(person.result("connected")).to_be_visible()
    secrets |= secrets_in_files(own_demo.folder)
    await _use_tools(person)
    secrets |= secrets_in_files(own_demo.folder)
    await person.press("refresh")
    await expect(person.result("connected")).to_be_visible()
    secrets |= secrets_in_files(own_demo.folder) | await wire.secrets()
    sealed = sealed_texts(own_demo.folder)
    await _leave(own_demo, person)

    assert _kinds(secrets) >= {"code", "state", "nonce", "csrf", "password", "cookie", "one", "access_token"}
    assert {place.partition(".")[0] for place in sealed.values()} >= {"provider_grants", "revocations"}
    # The client's own `state` goes back as it came, so it is stored as it came, and it opens nothing.
    not_to_be_stored = {value: what for value, what in secrets.items() if not CLIENT_STATE.match(what)}
    assert leaks(not_to_be_stored, _database(own_demo.folder)) == []
    assert await own_demo.program.stop() == 0
    assert leaks(not_to_be_stored, _database(own_demo.folder)) == []
    log = own_demo.program.log
    assert "pip_hub" in log, "nothing was logged, so this proves nothing"
    assert leaks(secrets | sealed, log.encode()) == []


async def _sign_in_with_mishaps(demo: Demo, person: Person) -> None:
    await person.open(demo.sample_client)
    await person.press("connect")
    await person.sign_in("sign_in")
    await expect(person.banner).to_contain_text("don’t match")
    await person.sign_in("register")
    await person.sees_hub()


async def _connect_with_mishaps(demo: Demo, person: Person, stranger: Person) -> None:
    await person.connect("xero", organisation="Demo Company (AU)")
    await person.connect("gmail", "decline")
    for nonsense in ("html", "json_without_error", "error_in_200"):
        await demo.control.garbage(TOKEN, nonsense)
        await person.connect("gmail")
        await expect(person.banner).to_contain_text("Gmail connection failed.")
    await demo.control.fail(TOKEN, status=503)
    await person.connect("gmail")
    async with person.page.expect_request(re.compile("/gmail/callback")) as coming_back:
        await person.connect("gmail", level="write")  # so that a tool which reads is given a narrower token
    await expect(person.banner).to_contain_text("✓ Gmail connected")
    await stranger.open((await coming_back.value).url)
    await expect(stranger.page.locator("h1")).to_have_text("Please sign in again")
    forged = await stranger.page.request.post(
        f"{demo.hub}/integrations/complete", form={"csrf": "made up", "flowId": "x"}
    )
    assert forged.status in {401, 403}
    await demo.control.fail("xero.revocation", status=503)
    await person.disconnect("xero")
    await expect(person.banner).to_contain_text("we keep asking")  # with the tokens, which are kept for that


async def _use_tools(person: Person) -> None:
    await person.press("gmail_search")
    await expect(person.result("gmail_search")).to_contain_text("invoice 9711")
    await person.press("xero_list_invoices")
    await expect(person.result("xero_list_invoices")).to_contain_text("not connected yet")


async def _leave(demo: Demo, person: Person) -> None:
    await person.press("forget")
    await expect(person.result("not_connected")).to_be_visible()
    await person.open(f"{demo.hub}/integrations")
    await person.press("sign-out")
    await expect(person.page.locator("h1")).to_have_text("Sign in to Pip")


def _kinds(secrets: dict[str, str]) -> set[str]:
    """The first word of every secret's name."""
    return {what.partition(" ")[0] for what in secrets.values()}


def _database(folder: Path) -> bytes:
    """The file, and what SQLite has put beside it."""
    return b"".join(file.read_bytes() for file in sorted(folder.glob("hub.db*")))
