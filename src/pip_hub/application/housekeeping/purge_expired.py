"""Clear away what has expired."""

from __future__ import annotations

import attrs

from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork


@attrs.frozen(kw_only=True)
class PurgeExpired:
    """Remove what has been over for longer than `Policy.purge_after`, and answer how many rows that were."""

    unit_of_work: OpenUnitOfWork
    clock: Clock
    policy: Policy

    async def __call__(self) -> int:
        async with self.unit_of_work() as work:
            purged = await work.housekeeping.purge(self.clock.now() - self.policy.purge_after)
            await work.commit()
        return purged
