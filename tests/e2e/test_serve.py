"""`pip-hub serve` from settings: real commands, providers on another site, several workers."""

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.client_app import register_client
from tests.e2e.conftest import Meet
from tests.e2e.far_away import CLAUDE, site
from tests.e2e.installation import MCP_SERVER, Installation, installed
from tests.e2e.person import Sight
from tests.e2e.pictures import picture

pytestmark = pytest.mark.anyio

FILE_NAMES = "https://www.googleapis.com/auth/drive.metadata.readonly"


@pytest.fixture(scope="module")
async def installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    async with installed(tmp_path_factory.mktemp("installed"), workers=2) as there:
        yield there


async def test_a_journey_across_sites_with_every_worker_killed_on_the_way(
    installation: Installation, meet: Meet
) -> None:
    person, hub = await meet(), installation.hub
    async with site("127.0.0.1") as callback:
        app = await register_client(hub, MCP_SERVER, f"{callback.origin}/callback")
        sent_out = app.send_out()
        await person.open(sent_out.url)
        await person.sign_in("register")
        await person.sees_hub()
        _kill_workers(installation)
        await person.leave_for("xero")
        assert person.page.url.startswith(f"{installation.sandbox}/xero/")
        _kill_workers(installation)
        await person.answer(organisation="Demo Company (AU)")
        await expect(person.banner).to_contain_text("✓ Xero connected: Demo Company (AU)")
        await person.connect("google_sheets", account="sam@example.org")
        await expect(person.banner).to_contain_text("✓ Google Sheets connected: sam@example.org")
        await person.press("continue")
        await expect(person.result("elsewhere")).to_be_visible()

        _kill_workers(installation)
        issued = await app.redeem(callback.answers()[0]["code"], sent_out)
        assert issued.status_code == 200, issued.text
        refreshed = await app.refresh(issued.json()["refresh_token"])
        assert refreshed.status_code == 200, refreshed.text
        told = await installation.introspect(refreshed.json()["access_token"])
        assert told["active"] is True
        assert (told["iss"], told["aud"]) == (hub, MCP_SERVER)
        connectors = told["connectors"]
        assert {key: (state["status"], state["account"]) for key, state in connectors.items()} == {
            "xero": ("connected", "Demo Company (AU)"),
            "gmail": ("not_connected", None),
            "google_sheets": ("connected", "sam@example.org"),
        }
    assert person.violations == []
    assert "Traceback" not in installation.program.log


async def test_a_box_left_unticked_at_google_limits_the_connection_until_the_rest_is_allowed(
    installation: Installation, meet: Meet
) -> None:
    person = await meet("user@example.com", Sight(scripts=False))
    app = await register_client(installation.hub, MCP_SERVER, f"https://{CLAUDE}/callback", "Example app")
    await person.open(app.send_out().url)
    await person.sign_in("register")
    await person.sees_hub()
    await person.connect("xero", account="sam@example.org", level="write")
    await person.leave_for("google_sheets", "write")
    await person.answer(untick=FILE_NAMES)
    await expect(person.banner).to_contain_text("Not everything was allowed at Google")
    card = person.card("google_sheets")
    await expect(card).to_have_attribute("data-status", "limited")
    await expect(card).to_contain_text("Connected, limited. Not allowed at Google: finding spreadsheets by name.")
    await picture(person.page, "hub-limited")

    await person.press_on("google_sheets", "mend")
    await person.sees_provider()
    await person.answer()
    await expect(person.banner).to_contain_text("✓ Google Sheets connected: alex@example.com")
    await expect(card).to_have_attribute("data-status", "connected")
    await expect(card).not_to_contain_text("limited")
    assert person.violations == []


def _kill_workers(installation: Installation) -> None:
    """Whatever a worker remembers by itself is lost; the server starts new ones, and connections wait for them."""
    workers = _workers_of(installation.program.pid)
    assert len(workers) == 2
    for worker in workers:
        os.kill(worker, signal.SIGKILL)


def _workers_of(server: int) -> list[int]:
    children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
