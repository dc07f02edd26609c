"""The `pip-hub` command, run as a person or a script runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from pip_hub.adapters.system.keys import new_key
from pip_hub.entrypoints.cli import main


@attrs.frozen(kw_only=True)
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in an empty folder, with just the settings given; in this process, since starting one is slow."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **settings: str) -> Done:
        with monkeypatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("PIP_HUB_")]:
                patch.delenv(name)
            for name, value in settings.items():
                patch.setenv(name, value)
            try:
                status = main(arguments)
            except SystemExit as ended:
                status = int(ended.code or 0)
        said = capsys.readouterr()
        return Done(returncode=status, stdout=said.out, stderr=said.err)

    return run


def test_the_installed_command_ends_with_the_status_and_the_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "pip-hub", "serve"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("PIP_HUB_")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("pip-hub: PIP_HUB_KEYS: ")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_wrong_usage_is_status_2_and_says_what_there_is(run: Run) -> None:
    for arguments in ([], ["nonsense"], ["keys"], ["serve", "--port", "70000"], ["serve", "--workers", "0"]):
        done = run(*arguments)
        assert done.returncode == 2
        assert "usage: pip-hub" in done.stderr


def test_every_command_explains_itself(run: Run) -> None:
    for command in ("demo", "serve", "migrate", "sandbox", "keys", "resources", "purge"):
        done = run(command, "--help")
        assert done.returncode == 0
        assert "usage: pip-hub" in done.stdout


def test_a_new_key_is_one_that_serve_takes(run: Run) -> None:
    keys = {run("keys", "new").stdout.strip() for _ in range(3)}
    assert len(keys) == 3
    # The next thing that is missing is complained about: the key was taken.
    done = run("serve", PIP_HUB_KEYS=keys.pop())
    assert "at head" in done.stderr


def test_serve_refuses_to_start_without_a_key_worth_the_name(run: Run) -> None:
    run("migrate")
    for keys in ("", "too-short", "A" * 43, f"{new_key()},short"):
        done = run("serve", PIP_HUB_KEYS=keys)
        assert done.returncode == 1
        assert done.stderr.startswith("pip-hub: PIP_HUB_KEYS: ")
        assert len(done.stderr.splitlines()) == 1


def test_serve_refuses_a_database_that_is_not_migrated(run: Run) -> None:
    done = run("serve", PIP_HUB_KEYS=new_key())
    assert done.returncode == 1
    assert done.stderr == "pip-hub: the database is not at head: run `pip-hub migrate`\n"


def test_every_mistake_in_the_settings_is_one_line(run: Run) -> None:
    done = run("serve", PIP_HUB_PUBLIC_URL="http://hub.example.com", PIP_HUB_BRAND="", PIP_HUB_REGISTRATION="perhaps")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert sorted(line.split(":")[1].strip() for line in lines) == [
        "PIP_HUB_BRAND",
        "PIP_HUB_PUBLIC_URL",
        "PIP_HUB_REGISTRATION",
    ]


@pytest.mark.parametrize("required", ["nonsense", "xero"])
def test_serve_refuses_to_require_what_nobody_could_connect(run: Run, required: str) -> None:
    run("migrate")
    done = run("serve", PIP_HUB_KEYS=new_key(), PIP_HUB_REQUIRED_CONNECTORS=required)
    assert done.returncode == 1
    assert done.stderr.startswith("pip-hub: PIP_HUB_REQUIRED_CONNECTORS: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_mistake_in_a_connector_file_is_one_line_with_file_and_field(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "connectors"
    folder.mkdir()
    (folder / "xero.toml").write_text('token_url = "http://not-https.example.com"\n')
    run("migrate")
    done = run("serve", PIP_HUB_KEYS=new_key(), PIP_HUB_CONNECTORS_DIR=str(folder))
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "xero.toml" in line
    assert "token_url" in line


def test_a_database_that_cannot_be_reached_is_one_line_without_its_password(run: Run) -> None:
    url = "postgresql+asyncpg://hub:hunter2-secret@127.0.0.1:1/hub"
    for arguments in (["migrate"], ["purge"], ["resources", "list"]):
        done = run(*arguments, PIP_HUB_DATABASE_URL=url)
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert "hunter2-secret" not in done.stderr
        assert "Traceback" not in done.stderr


def test_migrating_twice_is_harmless(run: Run) -> None:
    assert run("migrate").returncode == 0
    assert run("migrate").returncode == 0
    assert run("purge").stdout == "removed 0 rows\n"


def test_a_resource_is_added_shown_and_removed_and_its_secret_is_shown_once(run: Run) -> None:
    run("migrate")
    added = run("resources", "add", "https://mcp.example.com/mcp", "--name", "Tools", "--scopes", "read write")
    fields = dict(line.split(maxsplit=1) for line in added.stdout.splitlines()[:4])
    assert fields["uri"] == "https://mcp.example.com/mcp"
    listed = run("resources", "list")
    assert fields["id"] in listed.stdout
    assert fields["secret"] not in listed.stdout
    again = run("resources", "add", "https://mcp.example.com/mcp")
    assert again.returncode == 1
    assert len(again.stderr.splitlines()) == 1
    assert run("resources", "remove", "https://mcp.example.com/mcp").returncode == 0
    assert run("resources", "list").stdout == ""
    assert run("resources", "remove", "https://mcp.example.com/mcp").returncode == 1


@pytest.mark.parametrize("uri", ["nonsense", "https://mcp.example.com/#part", "ftp://mcp.example.com", ""])
def test_what_is_no_resource_is_refused(run: Run, uri: str) -> None:
    run("migrate")
    done = run("resources", "add", uri)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
