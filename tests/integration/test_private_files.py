"""What `migrate` leaves on the disk."""

import stat
from pathlib import Path

from pip_hub.adapters.sql.migration import migrate


def test_a_new_sqlite_file_is_its_owners_only(tmp_path: Path) -> None:
    file = tmp_path / "hub.db"
    migrate(f"sqlite+aiosqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_is_shared_on_purpose_stays_shared(tmp_path: Path) -> None:
    file = tmp_path / "hub.db"
    file.touch()
    file.chmod(0o640)
    migrate(f"sqlite+aiosqlite:///{file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
