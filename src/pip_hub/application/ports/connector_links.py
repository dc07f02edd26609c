"""Users' connections; every question names the user, so nobody is ever answered about another's."""

from __future__ import annotations

from typing import Protocol

from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.identifiers import ConnectorKey, UserId


class ConnectorLinks(Protocol):
    """Users' connections; every question names the user, so nobody is ever answered about another's."""

    async def put(self, link: ConnectorLink) -> ConnectorLink | None:
        """Keep the link, and answer the one of this user and connector that it replaced, or None.

        Of two callers at once the later one is answered the earlier one's link, so that its tokens are not left over.
        """
        ...

    async def get(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None: ...

    async def of_user(self, user_id: UserId) -> tuple[ConnectorLink, ...]:
        """All links of one user, ordered by connector."""
        ...

    async def remove(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        """Forget the link and answer it; exactly one of many callers gets it, the others None."""
        ...
