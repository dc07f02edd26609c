"""Sign in or register, without a flow."""

from __future__ import annotations

import attrs

from pip_hub.application.accounts.doorkeeper import Credentials, Doorkeeper
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.secret import Secret


@attrs.frozen(kw_only=True)
class SignInCommand:
    """Who is at the door, and what they typed."""

    visitor: Visitor
    credentials: Credentials


@attrs.frozen(kw_only=True)
class SessionBegun:
    """The value of the new session cookie."""

    session: Secret


@attrs.frozen(kw_only=True)
class SignIn:
    """Begin a session for a person who proves an account or makes one.

    Raises:
        SignInRefused: one of its kinds, see `Doorkeeper.admit`.
    """

    unit_of_work: OpenUnitOfWork
    doorkeeper: Doorkeeper
    clock: Clock

    async def __call__(self, command: SignInCommand) -> SessionBegun:
        entrance = None
        while entrance is None:
            admission = await self.doorkeeper.admit(command.credentials)
            async with self.unit_of_work() as work:
                entrance = await self.doorkeeper.enter(work, admission, command.visitor, self.clock.now())
                await work.commit()
        return SessionBegun(session=entrance.session)
