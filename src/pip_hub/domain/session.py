"""A browser that has signed in."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from pip_hub.domain.identifiers import UserId
from pip_hub.domain.secret import Digest


@attrs.frozen(kw_only=True)
class Session:
    """Known by the digest of its cookie; ends `lifetime` after it was last seen."""

    digest: Digest
    user_id: UserId
    created_at: datetime
    seen_at: datetime
    expires_at: datetime

    @classmethod
    def begin(cls, digest: Digest, user_id: UserId, now: datetime, lifetime: timedelta) -> Session:
        return cls(digest=digest, user_id=user_id, created_at=now, seen_at=now, expires_at=now + lifetime)

    def is_live(self, now: datetime) -> bool:
        return now < self.expires_at

    def is_worth_extending(self, now: datetime, lifetime: timedelta) -> bool:
        """Sliding by a write on every page view would be waste; once in a thirtieth of the lifetime is enough."""
        return now - self.seen_at >= lifetime / 30

    def seen(self, now: datetime, lifetime: timedelta) -> Session:
        return attrs.evolve(self, seen_at=now, expires_at=now + lifetime)
