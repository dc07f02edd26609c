"""One trip of a browser to a provider."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.domain.identifiers import ConnectorKey, FlowId, UserId
from pip_hub.domain.permission import Level
from pip_hub.domain.secret import Digest, Sealed, same_digest


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

    def belongs_to(self, user_id: UserId, session: Digest, connector: ConnectorKey) -> bool:
        """Only the user and session that left for the provider, and only at that connector's own callback."""
        return self.user_id == user_id and same_digest(self.session, session) and self.connector == connector
