"""Show what happened on an account."""

from __future__ import annotations

import attrs

from pip_hub.application.accounts.visitor import Visitor, require_signed_in
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.activity import ActivityEntry
from pip_hub.domain.connector import ConnectorCatalogue

SHOWN = 200


@attrs.frozen(kw_only=True)
class ViewActivityCommand:
    """Whose log."""

    visitor: Visitor


@attrs.frozen(kw_only=True)
class ActivityLine:
    """One line, with the connector's name as people know it."""

    entry: ActivityEntry
    connector_name: str
    provider_name: str


@attrs.frozen(kw_only=True)
class ActivityView:
    """The user's log, the newest first."""

    email: str
    lines: tuple[ActivityLine, ...]


@attrs.frozen(kw_only=True)
class ViewActivity:
    """Gather the signed-in user's own log.

    Raises:
        NotSignedIn: there is no live session.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    clock: Clock
    policy: Policy

    async def __call__(self, command: ViewActivityCommand) -> ActivityView:
        async with self.unit_of_work() as work:
            me = await require_signed_in(work, command.visitor, self.clock.now(), self.policy)
            entries = await work.activity.of_user(me.user.id, SHOWN)
            await work.commit()
        return ActivityView(email=me.user.email.value, lines=tuple(self._line(entry) for entry in entries))

    def _line(self, entry: ActivityEntry) -> ActivityLine:
        # A connector may have been taken out of the catalogue since; its key is all that is left of it.
        spec = self.catalogue.get(entry.connector)
        return ActivityLine(
            entry=entry,
            connector_name=spec.name if spec is not None else entry.connector,
            provider_name=spec.provider_name if spec is not None else entry.connector,
        )
