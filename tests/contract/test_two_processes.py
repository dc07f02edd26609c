"""What is for one is for one, also when two processes try."""

import subprocess
import sys
from datetime import timedelta

import anyio
import pytest

from pip_hub.adapters.contracts.storage.base import given
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from tests.builders import NOW, a_code, a_grant, a_link, a_provider_grant, a_user
from tests.support.spend_at_once import PRIZES


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
@pytest.mark.parametrize("prize", PRIZES)
def test_of_two_processes_with_ten_tasks_each_exactly_one_task_gets_the(
    request: pytest.FixtureRequest, database: str, prize: str
) -> None:
    url = request.getfixturevalue(database)
    anyio.run(_store_the_prizes, url, prize)
    command = [sys.executable, "-m", "tests.support.spend_at_once", url, prize]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate() for process in processes]
    assert [errors for _, errors in answers] == ["", ""]
    assert sorted(printed for printed, _ in answers) == ["0\n", "1\n"]


async def _store_the_prizes(url: str, prize: str) -> None:
    storage = SqlStorage(url)
    # Tokens are replaced by whoever has leased them; the lease itself has to be free.
    lease_until = NOW + timedelta(seconds=40) if prize == "tokens" else None
    grant = a_provider_grant(lease_until=lease_until)
    await given(storage.unit_of_work, a_user(), a_grant(), a_code(), a_link(), grant)
    await storage.dispose()
