"""Stopping and starting the sandbox loses nothing."""

import json
import shutil
import stat
from pathlib import Path

import attrs
import pytest

from pip_hub.adapters.sandbox import SandboxConfig, StateFileUnreadable, create_sandbox_app, demo_config
from pip_hub.adapters.sandbox.people import People
from tests.integration.sandbox.apps import google_app, xero_app
from tests.support.forms import Page
from tests.support.sandbox import HUB_URL, Callback, param, running_sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    return tmp_path / "not-made-yet" / "sandbox.json"


async def test_connections_tokens_and_keys_survive_a_restart(state_file: Path) -> None:
    async with running_sandbox(state_file=state_file) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        at_xero, at_google = await xero_app(sandbox).connect(), await google_app(sandbox).connect()

    async with running_sandbox(state_file=state_file, port=port) as sandbox:
        xero, google = xero_app(sandbox), google_app(sandbox)

        assert len(await xero.connections(at_xero["access_token"])) == 1
        assert (await google.claims(at_google["id_token"]))["email"] == "alex@example.com"
        assert (await google.get("/google/v1/userinfo", at_google["access_token"])).status_code == 200
        for app, tokens in ((xero, at_xero), (google, at_google)):
            assert (await app.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_consent_page_survives_a_restart_and_so_does_its_code(state_file: Path) -> None:
    async with running_sandbox(state_file=state_file) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        sign_in = await sandbox.person.visit(google_app(sandbox).authorize_url())
        assert isinstance(sign_in, Page)
        page = await sandbox.person.choose(sign_in, "alex@example.com")
        assert isinstance(page, Page)

    async with running_sandbox(state_file=state_file, port=port) as sandbox:
        end = await sandbox.person.press(page, "allow")
        assert isinstance(end, Callback)

    async with running_sandbox(state_file=state_file, port=port) as sandbox:
        assert (await google_app(sandbox).redeem(param(end.url, "code") or "")).status_code == 200


async def test_the_moved_clock_reset_organisations_and_counters_survive_a_restart(state_file: Path) -> None:
    async with running_sandbox(state_file=state_file) as sandbox:
        await google_app(sandbox).connect()
        await sandbox.control.move_clock(days=2)
        await sandbox.control.reset_organisation("Demo Company (AU)")

    async with running_sandbox(state_file=state_file) as sandbox:
        state = await sandbox.control.state()
        await xero_app(sandbox).connect(organisation="Demo Company (AU)")
        [connection] = (await sandbox.control.state())["xero"]["connections"]

    assert state["clock_offset"] == 2 * 86400
    assert state["calls"]["google.authorize"] == 1
    assert connection["tenant_id"] != "7b1c9d20-0000-4000-8000-0000000000a1"


async def test_a_fault_survives_a_restart(state_file: Path) -> None:
    async with running_sandbox(state_file=state_file) as sandbox:
        await sandbox.control.fail("google.certs", status=503, times=None)
        left_behind = copy_of(state_file)  # as after a crash: leaving this block clears the faults

    async with running_sandbox(state_file=left_behind) as sandbox:
        assert (await sandbox.http.get("/google/oauth2/v3/certs")).status_code == 503


async def test_the_file_is_whole_private_and_alone(state_file: Path) -> None:
    async with running_sandbox(state_file=state_file) as sandbox:
        await google_app(sandbox).connect()
        assert_whole_private_and_alone(state_file)


async def test_who_has_left_the_set_up_is_refused_and_not_an_accident(state_file: Path) -> None:
    def nobody_left(config: SandboxConfig) -> SandboxConfig:
        return attrs.evolve(config, people=People(google_accounts=(), xero_users=(), organisations=()))

    async with running_sandbox(state_file=state_file) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        tokens = [await app.connect() for app in (xero_app(sandbox), google_app(sandbox))]

    async with running_sandbox(state_file=state_file, port=port, change=nobody_left) as sandbox:
        for app, earlier in zip((xero_app(sandbox), google_app(sandbox)), tokens, strict=True):
            assert (await app.refresh(earlier["refresh_token"])).json()["error"] == "invalid_grant"
        assert (await sandbox.http.get("/control")).status_code == 200


async def test_a_page_of_an_app_that_is_no_longer_registered_is_an_error_page(state_file: Path) -> None:
    def no_apps(config: SandboxConfig) -> SandboxConfig:
        return attrs.evolve(config, xero_apps=(), google_projects=())

    async with running_sandbox(state_file=state_file) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        urls = [app.authorize_url() for app in (xero_app(sandbox), google_app(sandbox))]
        pages = [await sandbox.person.visit(url) for url in urls]

    async with running_sandbox(state_file=state_file, port=port, change=no_apps) as sandbox:
        for page in pages:
            assert isinstance(page, Page)
            end = await sandbox.person.choose(page, "alex@example.com")
            assert isinstance(end, Page)
            assert end.has("data-error")


def copy_of(file: Path) -> Path:
    return Path(shutil.copy(file, file.with_name("copy.json")))


def assert_whole_private_and_alone(file: Path) -> None:
    assert json.loads(file.read_text())["format"] == 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 0}', '{"format": 1, "keys": 3}', "\x00"])
def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "sandbox.json"
    file.write_text(content)

    with pytest.raises(StateFileUnreadable, match=r"remove it to start afresh"):
        create_sandbox_app(demo_config("http://localhost:1", HUB_URL), file)

    assert file.read_text() == content


def test_a_public_url_must_not_end_with_a_slash() -> None:
    with pytest.raises(ValueError, match="slash"):
        demo_config("http://localhost:1/", HUB_URL)
