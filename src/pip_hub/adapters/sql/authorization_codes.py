"""Codes on their way to a client, in SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs
from sqlalchemy import RowMapping, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.adapters.sql.grants import hold_grant_of
from pip_hub.adapters.sql.tables import authorization_codes as codes
from pip_hub.domain.authorization_code import AuthorizationCode
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.secret import Digest


@attrs.frozen
class SqlAuthorizationCodes:
    """Codes on their way to a client."""

    _connection: SqlConnection

    async def add(self, code: AuthorizationCode) -> None:
        await self._connection.run(codes.insert().values(row_of(code)))

    async def get(self, digest: Digest) -> AuthorizationCode | None:
        row = await self._connection.one(select(codes).where(codes.c.digest == digest))
        return code_in(row) if row else None

    async def of_flow(self, flow_id: FlowId) -> AuthorizationCode | None:
        row = await self._connection.one(select(codes).where(codes.c.flow_id == flow_id))
        return code_in(row) if row else None

    async def redeem(self, digest: Digest, at: datetime) -> AuthorizationCode | None:
        await hold_grant_of(self._connection, codes, digest)
        row = await self._connection.one(
            codes.update()
            .where(codes.c.digest == digest, codes.c.redeemed_at.is_(None), codes.c.expires_at > at)
            .values(redeemed_at=at, sealed_code=None)
            .returning(codes)
        )
        return code_in(row) if row else None


def row_of(code: AuthorizationCode) -> dict[str, Any]:
    """The code as a row."""
    return {
        "digest": code.digest,
        "flow_id": code.flow_id,
        "grant_id": code.grant_id,
        "client_id": code.client_id,
        "user_id": code.user_id,
        "redirect_uri": code.redirect_uri,
        "challenge": code.challenge,
        "scopes": code.scopes,
        "resource": code.resource,
        "created_at": code.created_at,
        "expires_at": code.expires_at,
        "redeemed_at": code.redeemed_at,
        "sealed_code": code.sealed_code,
    }


def code_in(row: RowMapping) -> AuthorizationCode:
    """The code in a row."""
    return AuthorizationCode(
        digest=row["digest"],
        flow_id=row["flow_id"],
        grant_id=row["grant_id"],
        client_id=row["client_id"],
        user_id=row["user_id"],
        redirect_uri=row["redirect_uri"],
        challenge=row["challenge"],
        scopes=row["scopes"],
        resource=row["resource"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        redeemed_at=row["redeemed_at"],
        sealed_code=row["sealed_code"],
    )
