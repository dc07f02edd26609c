"""What is spent once is spent once, also when two processes try."""

import subprocess
import sys

import anyio
import pytest

from pip_hub.adapters.contracts.storage.base import given
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from tests.builders import a_code, a_grant, a_user


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
def test_of_two_processes_with_ten_tasks_each_exactly_one_task_redeems_the_code(
    request: pytest.FixtureRequest, database: str
) -> None:
    url = request.getfixturevalue(database)
    anyio.run(_store_a_code, url)
    command = [sys.executable, "-m", "tests.support.spend_code", url]
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


async def _store_a_code(url: str) -> None:
    storage = SqlStorage(url)
    await given(storage.unit_of_work, a_user(), a_grant(), a_code())
    await storage.dispose()
