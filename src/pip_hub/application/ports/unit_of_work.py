"""One transaction over all collections."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from pip_hub.application.ports.access_tokens import AccessTokens
from pip_hub.application.ports.activity import Activity
from pip_hub.application.ports.authorization_codes import AuthorizationCodes
from pip_hub.application.ports.clients import Clients
from pip_hub.application.ports.connection_attempts import ConnectionAttempts
from pip_hub.application.ports.connector_links import ConnectorLinks
from pip_hub.application.ports.flows import Flows
from pip_hub.application.ports.grants import Grants
from pip_hub.application.ports.housekeeping import Housekeeping
from pip_hub.application.ports.notices import Notices
from pip_hub.application.ports.provider_grants import ProviderGrants
from pip_hub.application.ports.refresh_tokens import RefreshTokens
from pip_hub.application.ports.resources import Resources
from pip_hub.application.ports.revocations import Revocations
from pip_hub.application.ports.sealed_secrets import SealedSecrets
from pip_hub.application.ports.sessions import Sessions
from pip_hub.application.ports.users import Users


class UnitOfWork(Protocol):
    """`async with` begins it; `commit` keeps what was done; leaving without `commit` undoes everything.

    Nothing is visible to other units before the commit. Units do not nest in one task (RuntimeError). Inside a unit
    only the unit is awaited: no provider, no vault, no password hash, no sleep.
    """

    @property
    def clients(self) -> Clients: ...
    @property
    def resources(self) -> Resources: ...
    @property
    def users(self) -> Users: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def flows(self) -> Flows: ...
    @property
    def connection_attempts(self) -> ConnectionAttempts: ...
    @property
    def connector_links(self) -> ConnectorLinks: ...
    @property
    def provider_grants(self) -> ProviderGrants: ...
    @property
    def revocations(self) -> Revocations: ...
    @property
    def activity(self) -> Activity: ...
    @property
    def sealed_secrets(self) -> SealedSecrets: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def authorization_codes(self) -> AuthorizationCodes: ...
    @property
    def access_tokens(self) -> AccessTokens: ...
    @property
    def refresh_tokens(self) -> RefreshTokens: ...
    @property
    def housekeeping(self) -> Housekeeping: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Undo what was not committed and give the connection back, also when the task is being cancelled."""
        ...

    async def commit(self) -> None:
        """Keep what was done in this unit, all of it or, if that fails, none."""
        ...


OpenUnitOfWork = Callable[[], UnitOfWork]
"""Each call begins a fresh unit."""
