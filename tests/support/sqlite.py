"""An SQLite database of its own for every test that asks."""

import shutil
from pathlib import Path

import pytest

from pip_hub.adapters.sql.migration import migrate


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(_migrated_file: Path, tmp_path: Path) -> str:
    """The URL of a migrated database with nothing in it, for one test alone."""
    return f"sqlite+aiosqlite:///{shutil.copy(_migrated_file, tmp_path / 'hub.db')}"
