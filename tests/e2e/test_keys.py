"""Sealing keys as an operator changes them, with the commands of the manual, while the hub is used."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from playwright.async_api import expect

from tests.e2e.client_app import register_client
from tests.e2e.conftest import Meet
from tests.e2e.far_away import site
from tests.e2e.installation import MCP_SERVER, Installation, installed
from tests.e2e.passing_time import let_time_pass
from tests.e2e.person import Person
from tests.e2e.processes import run

pytestmark = pytest.mark.anyio

WANTED = (("xero", "read"), ("gmail", "write"), ("google_sheets", "read"))
"""Connectors and levels of the tokens that the MCP server asks for."""

TOKENS_HAVE_ENDED = timedelta(minutes=31)
AT_LEAST = 20
"""So many tokens are released while the keys are rotated."""


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installed(tmp_path, workers=1) as there:
        yield there


async def test_keys_are_rotated_while_tokens_are_released_and_under_a_wrong_key_nothing_is(
    installation: Installation, meet: Meet
) -> None:
    person, old = await meet(), installation.settings["PIP_HUB_KEYS"]
    new, wrong = await _new_key(installation), await _new_key(installation)
    token = await _connect_everything(installation, person)
    await _all_is_well(installation, person, token)

    await installation.program.stop()
    await let_time_pass(installation.database, old, TOKENS_HAVE_ENDED)
    await _serve_with(installation, new, old)
    await _rotate_while_in_use(installation, token, new, old)
    await _serve_with(installation, new)
    await _all_is_well(installation, person, token)

    await _serve_with(installation, wrong)
    await _nothing_is_released(installation, token)
    await _sees_everything_connected(installation, person)
    await person.disconnect("xero")
    await expect(person.banner).to_contain_text("Pip can no longer use it, but Xero could not be told.")

    await _serve_with(installation, new)
    assert (await installation.release(token, "gmail", "write")).status_code == 200
    assert (await installation.release(token, "xero", "read")).json()["reason"] == "not_connected"


async def _connect_everything(installation: Installation, person: Person) -> str:
    """Sign in and connect; returns the access token that the client gets for it."""
    async with site("127.0.0.1") as callback:
        app = await register_client(installation.hub, MCP_SERVER, f"{callback.origin}/callback")
        sent_out = app.send_out()
        await person.open(sent_out.url)
        await person.sign_in("register")
        await person.sees_hub()
        await person.connect("xero")
        for connector in ("gmail", "google_sheets"):
            await person.connect(connector, level="write")
        await person.press("continue")
        await expect(person.result("elsewhere")).to_be_visible()
        issued = await app.redeem(callback.answers()[0]["code"], sent_out)
    return str(issued.json()["access_token"])


async def _all_is_well(installation: Installation, person: Person, token: str) -> None:
    for connector, level in WANTED:
        answer = await installation.release(token, connector, level)
        assert answer.status_code == 200, answer.text
        assert answer.json()["connector"]["level"] == level
    await _sees_everything_connected(installation, person)


async def _rotate_while_in_use(installation: Installation, token: str, *keys: str) -> None:
    """Three MCP servers go on asking, at first for tokens that have to be renewed."""
    statuses, rotated = list[int](), anyio.Event()

    async def ask(connector: str, level: str) -> None:
        while not rotated.is_set() or len(statuses) < AT_LEAST:
            statuses.append((await installation.release(token, connector, level)).status_code)

    async with anyio.create_task_group() as servers:
        for connector, level in WANTED:
            servers.start_soon(ask, connector, level)
        printed = await run("keys", "rotate", folder=installation.folder, settings=_settings(installation, *keys))
        rotated.set()
    assert "the other keys of PIP_HUB_KEYS are not needed any more" in printed
    assert set(statuses) == {200}


async def _nothing_is_released(installation: Installation, token: str) -> None:
    """Whoever runs it is told why; the MCP server, that it is nobody's fault there."""
    for connector, level in WANTED:
        answer = await installation.release(token, connector, level)
        assert answer.status_code == 500
        assert answer.json() == {
            "error": "server_error",
            "error_description": "The connector does not work here until whoever runs this server mends it.",
        }
    assert "sealed under a key that this vault does not have" in installation.program.log
    assert (await installation.introspect(token))["active"] is True


async def _sees_everything_connected(installation: Installation, person: Person) -> None:
    await person.open(f"{installation.hub}/integrations")
    await person.sees_hub()
    for connector, _level in WANTED:
        await expect(person.card(connector)).to_have_attribute("data-status", "connected")


async def _new_key(installation: Installation) -> str:
    return (await run("keys", "new", folder=installation.folder)).strip()


async def _serve_with(installation: Installation, *keys: str) -> None:
    await installation.program.restart(_settings(installation, *keys))


def _settings(installation: Installation, *keys: str) -> dict[str, str]:
    return {**installation.settings, "PIP_HUB_KEYS": ",".join(keys)}
