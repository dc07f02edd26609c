"""The step that makes an access token and the refresh token beside it."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from pip_hub.application.policy import Policy
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import UnitOfWork
from pip_hub.domain.grant import AccessToken, Grant, RefreshToken, refresh_expiry
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret, digest_of


@attrs.frozen(kw_only=True)
class TokensIssued:
    """A successful token answer (RFC 6749 5.1)."""

    access_token: Secret
    refresh_token: Secret
    lifetime: timedelta
    scopes: Scopes


@attrs.frozen(kw_only=True)
class IssueTokens:
    """Make both tokens and keep their digests in the caller's unit."""

    secrets: SecretSource
    policy: Policy

    async def __call__(self, work: UnitOfWork, grant: Grant, scopes: Scopes, now: datetime) -> TokensIssued:
        access, refresh = self.secrets.secret(), self.secrets.secret()
        await work.access_tokens.add(
            AccessToken(
                digest=digest_of(access),
                grant_id=grant.id,
                scopes=scopes,
                resource=grant.resource,
                created_at=now,
                expires_at=now + self.policy.access_token_lifetime,
            )
        )
        await work.refresh_tokens.add(
            RefreshToken(
                digest=digest_of(refresh),
                grant_id=grant.id,
                created_at=now,
                expires_at=refresh_expiry(grant, now, self.policy.refresh_token_lifetime, self.policy.grant_lifetime),
            )
        )
        return TokensIssued(
            access_token=access,
            refresh_token=refresh,
            lifetime=self.policy.access_token_lifetime,
            scopes=scopes,
        )
