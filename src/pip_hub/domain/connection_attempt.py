"""One trip of a browser to a provider."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.identifiers import ConnectorKey, FlowId, UserId
from pip_hub.domain.permission import Level
from pip_hub.domain.secret import Digest, Sealed, same_digest

LONGEST_EXCHANGE = timedelta(seconds=30)
"""After this long a provider's answer has been dealt with, or never will be."""


@attrs.frozen(kw_only=True)
class ConnectionAttempt:
    """Found by the digest of the `state` sent to the provider; spent once."""

    state_digest: Digest
    user_id: UserId
    session: Digest
    flow_id: FlowId | None
    connector: ConnectorKey
    level: Level
    sealed_trip: Sealed
    """The PKCE verifier and the nonce of this trip."""
    created_at: datetime
    expires_at: datetime
    taken_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        return self.taken_at is None and now < self.expires_at

    def was_interrupted(self, now: datetime, link: ConnectorLink | None) -> bool:
        """Whether an answer was taken long ago and nothing came of it: the process that took it must have died."""
        if self.taken_at is None or now - self.taken_at < LONGEST_EXCHANGE:
            return False
        return link is None or link.connected_at < self.taken_at

    def belongs_to(self, user_id: UserId, session: Digest, connector: ConnectorKey) -> bool:
        """Only the user and session that left for the provider, and only at that connector's own callback."""
        return self.user_id == user_id and same_digest(self.session, session) and self.connector == connector
