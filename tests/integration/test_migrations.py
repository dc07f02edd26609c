"""Migrations go up, down and up again, make the very tables of tables.py, and travel in the wheel."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import anyio
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text

from pip_hub.adapters.sql.clients import row_of
from pip_hub.adapters.sql.engine import make_engine
from pip_hub.adapters.sql.migration import alembic_config, engine_is_at_head, migrate
from pip_hub.adapters.sql.tables import clients, metadata
from tests.builders import a_client

T = TypeVar("T")

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any tables."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/hub.db"
    new_database: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return new_database()


def ask(url: str, question: Callable[[Connection], T]) -> T:
    """The answer of a database to a question that needs a plain connection."""

    async def connect_and_ask() -> T:
        engine = make_engine(url)
        try:
            async with engine.connect() as connection:
                return await connection.run_sync(question)
        finally:
            await engine.dispose()

    return anyio.run(connect_and_ask)


def is_at_head(url: str) -> bool:
    async def connect_and_ask() -> bool:
        engine = make_engine(url)
        try:
            return await engine_is_at_head(engine)
        finally:
            await engine.dispose()

    return anyio.run(connect_and_ask)


def tables_in(url: str) -> set[str]:
    return set(ask(url, lambda connection: inspect(connection).get_table_names()))


def test_migrations_go_up_down_and_up(empty_url: str) -> None:
    assert not is_at_head(empty_url)
    migrate(empty_url)
    assert is_at_head(empty_url)
    assert tables_in(empty_url) == {*metadata.tables, "alembic_version"}

    command.downgrade(alembic_config(empty_url), "base")
    assert not is_at_head(empty_url)
    assert tables_in(empty_url) == {"alembic_version"}

    migrate(empty_url)
    assert is_at_head(empty_url)


def test_migrations_make_what_the_code_expects(empty_url: str) -> None:
    migrate(empty_url)
    drift = ask(
        empty_url,
        lambda connection: compare_metadata(
            MigrationContext.configure(connection, opts={"compare_server_default": True}), metadata
        ),
    )
    assert drift == []


def test_migrating_again_changes_nothing(empty_url: str) -> None:
    migrate(empty_url)
    ask(empty_url, _store_a_client)
    migrate(empty_url)
    assert ask(empty_url, lambda connection: connection.execute(select(clients.c.id)).scalars().all()) == [
        a_client().id
    ]


def test_text_in_postgresql_is_ordered_by_code_points(new_postgres_database: Callable[[], str]) -> None:
    url = new_postgres_database()
    migrate(url)
    others = ask(
        url,
        lambda connection: connection.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'text'"
                " AND table_schema = 'public' AND collation_name IS DISTINCT FROM 'C'"
            )
        ).all(),
    )
    assert others == []


def test_processes_that_migrate_at_once_take_turns(empty_url: str) -> None:
    program = "import sys; from pip_hub.adapters.sql.migration import migrate; migrate(sys.argv[1])"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate()[1] for process in processes] == [""] * 3
    assert [process.returncode for process in processes] == [0] * 3
    assert is_at_head(empty_url)


def test_an_installed_wheel_migrates(tmp_path: Path) -> None:
    build = ["-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    subprocess.run([sys.executable, *build], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    installed = tmp_path / "installed"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(installed), str(wheel)]
    subprocess.run([sys.executable, *install], check=True, capture_output=True)

    program = (
        "import sys, pip_hub; from pip_hub.adapters.sql.migration import migrate; "
        "migrate(sys.argv[1]); print(pip_hub.__file__)"
    )
    url = f"sqlite+aiosqlite:///{tmp_path}/hub.db"
    shown = subprocess.run(
        [sys.executable, "-c", program, url],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert Path(shown.stdout.strip()).is_relative_to(installed)
    assert is_at_head(url)


def _store_a_client(connection: Connection) -> None:
    connection.execute(clients.insert().values(row_of(a_client())))
    connection.commit()
