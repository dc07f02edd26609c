"""Sign out."""

from __future__ import annotations

import attrs

from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.secret import digest_of


@attrs.frozen(kw_only=True)
class SignOutCommand:
    """Whose session ends."""

    visitor: Visitor


@attrs.frozen(kw_only=True)
class SignOut:
    """End this browser's session at once; doing it twice is harmless. Connections and apps keep working."""

    unit_of_work: OpenUnitOfWork

    async def __call__(self, command: SignOutCommand) -> None:
        if command.visitor.session is None:
            return
        async with self.unit_of_work() as work:
            await work.sessions.end(digest_of(command.visitor.session))
            await work.commit()
