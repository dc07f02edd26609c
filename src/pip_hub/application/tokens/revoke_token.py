"""Revoke a token (RFC 7009)."""

from __future__ import annotations

import attrs

from pip_hub.application.clients.authenticate_client import ClientCredentials, authenticate_client
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.errors import InvalidRequest
from pip_hub.domain.secret import Secret, digest_of


@attrs.frozen(kw_only=True)
class RevokeTokenCommand:
    """`token_type_hint` is not needed: both kinds are looked up by digest."""

    credentials: ClientCredentials
    token: Secret | None


@attrs.frozen(kw_only=True)
class RevokeToken:
    """End a token on its client's request: an access token alone, a refresh token with its whole grant.

    A token that is unknown, or another client's, changes nothing and is not told apart (RFC 7009 2.2).

    Raises:
        InvalidClient: the client is not who it says.
        InvalidRequest: the token is missing.
    """

    unit_of_work: OpenUnitOfWork
    clock: Clock

    async def __call__(self, command: RevokeTokenCommand) -> None:
        now = self.clock.now()
        async with self.unit_of_work() as work:
            client = await authenticate_client(work, command.credentials)
            if command.token is None:
                raise InvalidRequest(reason="token is required")
            digest = digest_of(command.token)
            refresh_token = await work.refresh_tokens.get(digest)
            token = refresh_token or await work.access_tokens.get(digest)
            grant = await work.grants.get(token.grant_id) if token is not None else None
            if grant is None or grant.client_id != client.id:
                return
            if refresh_token is not None:
                await work.grants.revoke(grant.id, now)
            else:
                await work.access_tokens.revoke(digest, now)
            await work.commit()
