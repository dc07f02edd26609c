"""A PostgreSQL server of our own for the tests: made when the first test asks for it, thrown away at the end."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from pip_hub.adapters.sql.migration import migrate
from pip_hub.adapters.sql.tables import metadata

SUPERUSER = "pip_hub"
NOT_DURABLE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
MISSING = "the tests need PostgreSQL's server programs (initdb, pg_ctl): run `sudo apt-get install postgresql`"


@attrs.frozen
class PostgresServer:
    """A running server that is reached through a socket in its own folder, by everybody and without a password."""

    programs: Path
    folder: Path
    owner: int | None
    """The user it runs as, when that is not ourselves: it refuses to be root."""

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the server's owner; what it prints is shown when it fails."""
        log = self.folder / "output"
        with log.open("a") as output:  # a file, since the server would hold a pipe open
            finished = subprocess.run(
                [self.programs / program, *arguments],
                user=self.owner,
                group=None if self.owner is None else pwd.getpwuid(self.owner).pw_gid,
                extra_groups=None if self.owner is None else [],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if finished.returncode != 0:
            pytest.fail(f"{program} failed:\n{log.read_text()}", pytrace=False)

    def create_database(self, name: str) -> str:
        """Make a database, and answer its URL."""
        self.run("createdb", "-h", str(self.folder), "-U", SUPERUSER, name)
        return f"postgresql+asyncpg://{SUPERUSER}@/{name}?host={self.folder}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The one server of a test run."""
    # Not pytest's own folder: another user must be able to enter it, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="pip-hub-pg-"))
    server = PostgresServer(programs=_programs(), folder=folder, owner=_owner())
    if server.owner is not None:
        os.chown(folder, server.owner, -1)
    folder.chmod(0o755)
    data = str(folder / "data")
    try:
        server.run("initdb", "-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        server.run("pg_ctl", "-D", data, "-w", "-o", f"-k {folder} -h '' {NOT_DURABLE}", "start")
        yield server
        server.run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def new_postgres_database(postgres_server: PostgresServer) -> Callable[[], str]:
    """Makes an empty database, without tables, and answers its URL."""
    numbers = itertools.count(1)
    return lambda: postgres_server.create_database(f"empty_{next(numbers)}")


@pytest.fixture(scope="session")
def _migrated_database(postgres_server: PostgresServer) -> str:
    url = postgres_server.create_database("hub")
    migrate(url)
    return url


@pytest.fixture
def postgres_url(postgres_server: PostgresServer, _migrated_database: str) -> str:
    """The URL of a migrated database with nothing in it; all tests share it, one after the other."""
    # On small tables that is quicker than TRUNCATE, and foreign keys are checked at the end.
    empty = "; ".join(f"DELETE FROM {table}" for table in metadata.tables)  # noqa: S608 - our own names
    postgres_server.run("psql", "-q", "-h", str(postgres_server.folder), "-U", SUPERUSER, "-d", "hub", "-c", empty)
    return _migrated_database


def _programs() -> Path:
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    if shutil.which("pg_config"):
        shown = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True)
        candidates.insert(0, Path(shown.stdout.strip()))
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    pytest.fail(MISSING, pytrace=False)


def _owner() -> int | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry.pw_uid for entry in pwd.getpwall()}
    return known.get("postgres", known.get("nobody"))
