"""A process of its own that lets ten tasks redeem one code at once, and prints how many did.

It prints "ready", then waits for a line on its standard input: the gate of the race.
"""

import sys
from functools import partial

import anyio

from pip_hub.adapters.contracts.storage.base import at_once
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from tests.builders import NOW, a_code

TASKS = 10


async def spend(storage: SqlStorage) -> bool:
    """One redemption as the core does it: look first, then spend."""
    async with storage.unit_of_work() as work:
        assert await work.authorization_codes.get(a_code().digest) is not None
        redeemed = await work.authorization_codes.redeem(a_code().digest, NOW)
        await work.commit()
        return redeemed is not None


async def main(database_url: str) -> None:
    storage = SqlStorage(database_url)
    try:
        print("ready", flush=True)  # noqa: T201 - that is how it speaks
        sys.stdin.readline()
        print(sum(await at_once([partial(spend, storage)] * TASKS)), flush=True)  # noqa: T201 - as above
    finally:
        await storage.dispose()


if __name__ == "__main__":
    anyio.run(main, sys.argv[1])
