"""Users' connections.

Every question names the user, so nobody is ever answered about another's; `sharing` alone crosses users, for what the
provider will do to all of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.identifiers import ConnectorKey, ProviderGrantId, ProviderKey, UserId


class ConnectorLinks(Protocol):
    """Users' connections."""

    async def put(self, link: ConnectorLink) -> ConnectorLink | None:
        """Keep the link, and answer the one of this user and connector that it replaced, or None.

        Of two callers at once the later one is answered the earlier one's link, so that its tokens are not left over.
        """
        ...

    async def get(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None: ...

    async def hold(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        """Like `get`, but nobody else changes the link until the unit ends: to change it by `put` afterwards."""
        ...

    async def of_user(self, user_id: UserId) -> tuple[ConnectorLink, ...]:
        """All links of one user, ordered by connector."""
        ...

    async def sharing(self, provider: ProviderKey, subject: str) -> tuple[ConnectorLink, ...]:
        """Every link, of any user, that shares one upstream fate, ordered by user and connector.

        They stay held until the unit ends: of two users who disconnect the last two at once, one must see that it is
        the last.
        """
        ...

    async def is_shared_by_others(self, user_id: UserId, provider: ProviderKey, subject: str) -> bool:
        """Whether a link of any other user shares that upstream fate; holds nothing."""
        ...

    async def used(
        self, user_id: UserId, connector: ConnectorKey, grant_id: ProviderGrantId, at: datetime
    ) -> ConnectorLink | None:
        """Note the use of a link and answer it as it now is; None when it no longer hangs on that grant."""
        ...

    async def remove(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        """Forget the link and answer it; exactly one of many callers gets it, the others None."""
        ...
