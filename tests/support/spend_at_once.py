"""A process of its own that lets ten tasks go for one thing at once, and prints how many got it.

It is told the database and what to go for. It prints "ready", then waits for a line on its standard input: the gate of
the race.
"""

import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import anyio

from pip_hub.adapters.contracts.storage.base import at_once
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from pip_hub.application.ports.unit_of_work import UnitOfWork
from pip_hub.domain.secret import Sealed
from tests.builders import NOW, a_code, a_link, a_provider_grant

TASKS = 10


async def redeem_the_code(work: UnitOfWork) -> bool:
    assert await work.authorization_codes.get(a_code().digest) is not None
    return await work.authorization_codes.redeem(a_code().digest, NOW) is not None


async def lease_the_grant(work: UnitOfWork) -> bool:
    assert await work.provider_grants.get(a_provider_grant().id) is not None
    return await work.provider_grants.lease(a_provider_grant().id, 0, NOW, NOW + timedelta(seconds=40)) is not None


LEASED_GRANT = a_provider_grant(lease_until=NOW + timedelta(seconds=40))


async def replace_the_tokens(work: UnitOfWork) -> bool:
    assert await work.provider_grants.get(a_provider_grant().id) is not None
    return await work.provider_grants.replace(LEASED_GRANT, LEASED_GRANT.renewed(Sealed("renewed"), NOW))


async def disconnect(work: UnitOfWork) -> bool:
    assert await work.connector_links.sharing(a_link().provider, a_link().account.subject) is not None
    return await work.connector_links.remove(a_link().user_id, a_link().connector) is not None


PRIZES: dict[str, Callable[[UnitOfWork], Awaitable[bool]]] = {
    "code": redeem_the_code,
    "lease": lease_the_grant,
    "tokens": replace_the_tokens,
    "link": disconnect,
}


async def go_for(prize: str, storage: SqlStorage) -> bool:
    """One try as the core does it: look first, then spend."""
    async with storage.unit_of_work() as work:
        is_mine = await PRIZES[prize](work)
        await work.commit()
        return is_mine


async def main(database_url: str, prize: str) -> None:
    storage = SqlStorage(database_url)
    try:
        print("ready", flush=True)  # noqa: T201 - that is how it speaks
        sys.stdin.readline()
        print(sum(await at_once([partial(go_for, prize, storage)] * TASKS)), flush=True)  # noqa: T201 - as above
    finally:
        await storage.dispose()


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2])
