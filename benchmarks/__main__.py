"""`make bench`: what a database costs the journey, as a ratio to the same journey in memory, measured in turns."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import anyio.to_thread

from pip_hub.adapters.memory.unit_of_work import MemoryStorage
from pip_hub.adapters.sql.migration import migrate
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.secret import Secret
from tests.builders import a_client, a_resource
from tests.support.core import Core, a_core

ROUNDS = 5
FLOWS = 40
"""Flows of one round: sign in, authorize, Continue, redeem the code. Rounds alternate, so that both meet the same
machine."""


async def main() -> None:
    """Run both in turns and print the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}"
        await anyio.to_thread.run_sync(migrate, url)
        storage = SqlStorage(url)
        in_memory, in_sqlite = await _measure(MemoryStorage().unit_of_work), await _measure(storage.unit_of_work)
        memory, sqlite = [], []
        for number in range(ROUNDS):
            memory.append(await in_memory(number))
            sqlite.append(await in_sqlite(number))
        await storage.dispose()
    print(f"whole flows: SQLite takes {_median(sqlite) / _median(memory):.1f} times as long as in memory")
    print(f"             ({FLOWS / _median(sqlite):.0f} against {FLOWS / _median(memory):.0f} flows a second here)")


async def _measure(unit_of_work: OpenUnitOfWork) -> Callable[[int], Awaitable[float]]:
    core = a_core()
    core.uses.unit_of_work.override(unit_of_work)
    await _prepare(unit_of_work)

    async def one_round(number: int) -> float:
        begin = time.perf_counter()
        for flow in range(FLOWS):
            await _flow(core, f"person-{number}-{flow}@example.com")
        return time.perf_counter() - begin

    return one_round


async def _flow(core: Core, email: str) -> None:
    visitor = await core.sign_in(email)
    code: Secret = await core.complete(visitor, await core.start_flow(visitor))
    await core.redeem(code)


async def _prepare(unit_of_work: OpenUnitOfWork) -> None:
    async with unit_of_work() as work:
        if await work.clients.get(a_client().id) is None:
            await work.clients.add(a_client())
        await work.resources.add(a_resource())
        await work.commit()


def _median(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) // 2]


anyio.run(main)
