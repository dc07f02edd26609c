"""Redeem an authorization code (grant type `authorization_code`)."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.application.clients.authenticate_client import ClientCredentials, authenticate_client
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.application.tokens.issue_tokens import IssueTokens, TokensIssued
from pip_hub.application.tokens.target import check_target
from pip_hub.domain.authorization_code import AuthorizationCode
from pip_hub.domain.client import Client
from pip_hub.domain.errors import InvalidGrant, InvalidRequest
from pip_hub.domain.secret import Secret, digest_of


@attrs.frozen(kw_only=True)
class RedeemCodeCommand:
    """RFC 6749 4.1.3, RFC 7636 4.5, RFC 8707 2.2."""

    credentials: ClientCredentials
    code: Secret | None
    verifier: str | None = attrs.field(repr=False)
    redirect_uri: str | None = None
    resources: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class RedeemCode:
    """Trade a code for tokens, once. A code that comes a second time ends everything it issued.

    Every check comes before the spending: a wrong verifier must not burn somebody else's code.

    Raises:
        InvalidClient: the client is not who it says.
        InvalidRequest: code or verifier is missing.
        InvalidGrant: the code is unknown, expired, spent, another client's, or the verifier or redirect URI differs.
        InvalidTarget: another resource than the granted one.
    """

    unit_of_work: OpenUnitOfWork
    issue_tokens: IssueTokens
    clock: Clock

    async def __call__(self, command: RedeemCodeCommand) -> TokensIssued:
        now = self.clock.now()
        async with self.unit_of_work() as work:
            client = await authenticate_client(work, command.credentials)
            if command.code is None or command.verifier is None:
                raise InvalidRequest(reason="code and code_verifier are required")
            code = await work.authorization_codes.get(digest_of(command.code))
            if code is None:
                raise InvalidGrant(reason="unknown code")
            _check(code, client, command)
            grant = await work.grants.get(code.grant_id)
            if grant is None or not grant.is_live:
                raise InvalidGrant(reason="the grant was revoked")
            if await work.authorization_codes.redeem(code.digest, now) is None:
                raise await self._not_redeemable(work, code, now)
            issued = await self.issue_tokens(work, grant, grant.scopes, now)
            await work.commit()
        return issued

    async def _not_redeemable(self, work: UnitOfWork, code: AuthorizationCode, now: datetime) -> InvalidGrant:
        if code.redeemed_at is None and now >= code.expires_at:
            return InvalidGrant(reason="the code has expired")
        # RFC 6749 4.1.2, RFC 9700 2.1.1: somebody holds a copy, so nothing the code issued can be trusted. Committed
        # before the error is raised, so that the revocation stays.
        await work.grants.revoke(code.grant_id, now)
        await work.commit()
        return InvalidGrant(reason="the code was used before; what it issued is revoked")


def _check(code: AuthorizationCode, client: Client, command: RedeemCodeCommand) -> None:
    if code.client_id != client.id:
        raise InvalidGrant(reason="another client's code")
    # OAuth 2.1 no longer has redirect_uri here; OAuth 2.0 clients send it, and then it has to be the same.
    if command.redirect_uri is not None and command.redirect_uri != code.redirect_uri.value:
        raise InvalidGrant(reason="redirect_uri differs from the one in the authorization request")
    if not code.challenge.accepts(command.verifier or ""):
        raise InvalidGrant(reason="code_verifier does not fit the challenge")
    check_target(command.resources, code.resource)
