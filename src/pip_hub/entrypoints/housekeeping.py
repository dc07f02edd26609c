"""What runs by itself beside the web server, in every worker: doing it twice at once is harmless."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

import anyio

from pip_hub.application.housekeeping.keep_grants_alive import KeepGrantsAlive
from pip_hub.application.housekeeping.purge_expired import PurgeExpired
from pip_hub.application.housekeeping.retry_revocations import RetryRevocations

RETRY_EVERY = timedelta(minutes=1)
KEEP_ALIVE_EVERY = timedelta(hours=1)
PURGE_EVERY = timedelta(minutes=15)

_log = logging.getLogger("pip_hub.housekeeping")


async def keep_house(
    retry_revocations: RetryRevocations, keep_grants_alive: KeepGrantsAlive, purge_expired: PurgeExpired
) -> None:
    """Run until cancelled."""
    async with anyio.create_task_group() as group:
        group.start_soon(_repeat, "retry revocations", retry_revocations, RETRY_EVERY)
        group.start_soon(_repeat, "keep grants alive", keep_grants_alive, KEEP_ALIVE_EVERY)
        group.start_soon(_repeat, "purge", purge_expired, PURGE_EVERY)


async def _repeat(name: str, task: Callable[[], Awaitable[int]], every: timedelta) -> None:
    while True:
        try:
            done = await task()
        except Exception:  # noqa: BLE001 - whatever fails now is tried again; a worker must not stop for it
            _log.exception("%s failed", name)
        else:
            if done:
                _log.info("%s: %d", name, done)
        await anyio.sleep(every.total_seconds())
