"""What a user approved for a client, and the tokens that hang on it."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from pip_hub.domain.identifiers import ClientId, GrantId, UserId
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Digest


@attrs.frozen(kw_only=True)
class Grant:
    """One approval on the hub page. Each Continue makes its own, so ending one never ends another's.

    That matters because installations of one application may share a client id.
    """

    id: GrantId
    user_id: UserId
    client_id: ClientId
    redirect_uri: RedirectUri
    scopes: Scopes
    resource: str
    created_at: datetime
    revoked_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None


@attrs.frozen(kw_only=True)
class AccessToken:
    """An opaque bearer token (RFC 6750) for one resource."""

    digest: Digest
    grant_id: GrantId
    scopes: Scopes
    resource: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at


@attrs.frozen(kw_only=True)
class RefreshToken:
    """Used once, then replaced (RFC 9700 4.14.2)."""

    digest: Digest
    grant_id: GrantId
    created_at: datetime
    expires_at: datetime
    rotated_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        return self.rotated_at is None and now < self.expires_at


def refresh_expiry(grant: Grant, now: datetime, sliding: timedelta, absolute: timedelta) -> datetime:
    """A refresh token dies when unused for `sliding`, and with its grant after `absolute` at the latest."""
    return min(now + sliding, grant.created_at + absolute)
