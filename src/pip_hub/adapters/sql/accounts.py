"""Units that change the links of one account at a provider take turns.

A row lock cannot do that: two users who disconnect the last two links of an account at once each delete their own row
and then look at the other's, so each would wait for the other. Hence one lock per account, taken before any of its
rows: links first, then grants, then revocations. SQLite has one unit at a time anyway.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import func, select

from pip_hub.adapters.sql.connection import SqlConnection
from pip_hub.domain.identifiers import ProviderKey


async def hold_account(connection: SqlConnection, provider: ProviderKey, subject: str) -> None:
    """Let no other unit change a link of this account until this one ends."""
    if connection.is_postgresql:
        await connection.run(select(func.pg_advisory_xact_lock(_number_of(provider, subject))))


def _number_of(provider: ProviderKey, subject: str) -> int:
    """PostgreSQL names such locks by 64 bits. Two accounts with one number would merely wait for each other too."""
    named = f"{len(provider)}:{provider}{subject}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(named, digest_size=8).digest(), signed=True)
