"""Approvals, and the codes and tokens that hang on them, in memory."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.adapters.memory.tables import Tables, insert
from pip_hub.domain.authorization_code import AuthorizationCode
from pip_hub.domain.grant import AccessToken, Grant, RefreshToken
from pip_hub.domain.identifiers import FlowId, GrantId
from pip_hub.domain.secret import Digest


@attrs.frozen
class MemoryGrants:
    """Approvals."""

    _tables: Tables

    async def add(self, grant: Grant) -> None:
        insert(self._tables.grants, grant.id, grant)

    async def get(self, grant_id: GrantId) -> Grant | None:
        return self._tables.grants.get(grant_id)

    async def revoke(self, grant_id: GrantId, at: datetime) -> None:
        tables = self._tables
        grant = tables.grants.get(grant_id)
        if grant is not None and grant.revoked_at is None:
            tables.grants[grant_id] = attrs.evolve(grant, revoked_at=at)
        for code in list(tables.authorization_codes.values()):
            if code.grant_id == grant_id and code.redeemed_at is None:
                tables.authorization_codes[code.digest] = attrs.evolve(code, redeemed_at=at, sealed_code=None)
        for access in list(tables.access_tokens.values()):
            if access.grant_id == grant_id and access.revoked_at is None:
                tables.access_tokens[access.digest] = attrs.evolve(access, revoked_at=at)
        for refresh in list(tables.refresh_tokens.values()):
            if refresh.grant_id == grant_id and refresh.rotated_at is None:
                tables.refresh_tokens[refresh.digest] = attrs.evolve(refresh, rotated_at=at)


@attrs.frozen
class MemoryAuthorizationCodes:
    """Codes on their way to a client."""

    _tables: Tables

    async def add(self, code: AuthorizationCode) -> None:
        if await self.of_flow(code.flow_id) is not None:
            raise ValueError("a flow yields one code")
        insert(self._tables.authorization_codes, code.digest, code)

    async def get(self, digest: Digest) -> AuthorizationCode | None:
        return self._tables.authorization_codes.get(digest)

    async def of_flow(self, flow_id: FlowId) -> AuthorizationCode | None:
        return next((code for code in self._tables.authorization_codes.values() if code.flow_id == flow_id), None)

    async def redeem(self, digest: Digest, at: datetime) -> AuthorizationCode | None:
        code = self._tables.authorization_codes.get(digest)
        if code is None or not code.is_live(at):
            return None
        redeemed = attrs.evolve(code, redeemed_at=at, sealed_code=None)
        self._tables.authorization_codes[digest] = redeemed
        return redeemed


@attrs.frozen
class MemoryAccessTokens:
    """Access tokens."""

    _tables: Tables

    async def add(self, token: AccessToken) -> None:
        insert(self._tables.access_tokens, token.digest, token)

    async def get(self, digest: Digest) -> AccessToken | None:
        return self._tables.access_tokens.get(digest)

    async def revoke(self, digest: Digest, at: datetime) -> None:
        token = self._tables.access_tokens.get(digest)
        if token is not None and token.revoked_at is None:
            self._tables.access_tokens[digest] = attrs.evolve(token, revoked_at=at)


@attrs.frozen
class MemoryRefreshTokens:
    """Refresh tokens."""

    _tables: Tables

    async def add(self, token: RefreshToken) -> None:
        insert(self._tables.refresh_tokens, token.digest, token)

    async def get(self, digest: Digest) -> RefreshToken | None:
        return self._tables.refresh_tokens.get(digest)

    async def rotate(self, digest: Digest, at: datetime) -> RefreshToken | None:
        token = self._tables.refresh_tokens.get(digest)
        if token is None or not token.is_live(at):
            return None
        self._tables.refresh_tokens[digest] = rotated = attrs.evolve(token, rotated_at=at)
        return rotated
