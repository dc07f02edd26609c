"""Refresh (grant type `refresh_token`)."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.application.clients.authenticate_client import ClientCredentials, authenticate_client
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.application.tokens.issue_tokens import IssueTokens, TokensIssued
from pip_hub.application.tokens.target import check_target
from pip_hub.domain.errors import InvalidGrant, InvalidRequest, InvalidScope
from pip_hub.domain.grant import Grant, RefreshToken
from pip_hub.domain.scope import OFFLINE_ACCESS, Scopes
from pip_hub.domain.secret import Secret, digest_of


@attrs.frozen(kw_only=True)
class RefreshTokensCommand:
    """RFC 6749 section 6; `scope` may ask for less than was granted, never for more."""

    credentials: ClientCredentials
    refresh_token: Secret | None
    scope: str | None = None
    resources: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class RefreshTokens:
    """Trade a refresh token for a fresh pair, once (RFC 9700 4.14.2). One that comes again ends its whole grant.

    Raises:
        InvalidClient: the client is not who it says.
        InvalidRequest: the token is missing.
        InvalidGrant: the token is unknown, expired, spent, another client's, or its grant was revoked.
        InvalidScope, InvalidTarget: more than was granted.
    """

    unit_of_work: OpenUnitOfWork
    issue_tokens: IssueTokens
    clock: Clock

    async def __call__(self, command: RefreshTokensCommand) -> TokensIssued:
        now = self.clock.now()
        async with self.unit_of_work() as work:
            client = await authenticate_client(work, command.credentials)
            if command.refresh_token is None:
                raise InvalidRequest(reason="refresh_token is required")
            token = await work.refresh_tokens.get(digest_of(command.refresh_token))
            grant = await work.grants.get(token.grant_id) if token is not None else None
            if token is None or grant is None or grant.client_id != client.id:
                raise InvalidGrant(reason="unknown refresh token, or another client's")
            if not grant.is_live:
                raise InvalidGrant(reason="the grant was revoked")
            scopes = _narrowed(command.scope, grant)
            check_target(command.resources, grant.resource)
            if await work.refresh_tokens.rotate(token.digest, now) is None:
                raise await self._not_rotatable(work, token, now)
            issued = await self.issue_tokens(work, grant, scopes, now)
            await work.commit()
        return issued

    async def _not_rotatable(self, work: UnitOfWork, token: RefreshToken, now: datetime) -> InvalidGrant:
        if token.rotated_at is None and now >= token.expires_at:
            return InvalidGrant(reason="the refresh token has expired")
        # RFC 9700 4.14.2: client and thief cannot be told apart, so the grant ends. Committed before raising.
        await work.grants.revoke(token.grant_id, now)
        await work.commit()
        return InvalidGrant(reason="the refresh token was used before; its grant is revoked")


def _narrowed(requested: str | None, grant: Grant) -> Scopes:
    if not requested:
        return grant.scopes
    try:
        asked = Scopes.parse(requested) - Scopes.of(OFFLINE_ACCESS)
    except ValueError:
        raise InvalidScope(reason="malformed scope") from None
    if not asked.is_within(grant.scopes):
        raise InvalidScope(reason="more scope than was granted")
    return asked or grant.scopes
