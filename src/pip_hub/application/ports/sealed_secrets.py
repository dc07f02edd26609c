"""Every sealed column, as one list: what key rotation walks."""

from __future__ import annotations

import enum
from typing import Protocol

import attrs

from pip_hub.domain.secret import Sealed


class SealedIn(enum.StrEnum):
    """The collections that keep sealed secrets."""

    CONNECTION_ATTEMPTS = "connection_attempts"
    AUTHORIZATION_CODES = "authorization_codes"
    PROVIDER_GRANTS = "provider_grants"
    REVOCATIONS = "revocations"


@attrs.frozen(kw_only=True)
class SealedRow:
    """One sealed secret; `bound_to` is the digest or id that its vault context is made of."""

    place: SealedIn
    key: str
    bound_to: str
    sealed: Sealed


class SealedSecrets(Protocol):
    """Every sealed column, as one list."""

    async def without_mark(self, place: SealedIn, mark: str, *, after: str, limit: int) -> tuple[SealedRow, ...]:
        """Up to `limit` rows of one collection whose sealed text does not begin with `mark`, ordered by key, with
        keys greater than `after` (empty for the beginning).
        """
        ...

    async def replace(self, row: SealedRow, sealed: Sealed) -> bool:
        """Put `sealed` in place of `row.sealed`; False when the row has changed or gone meanwhile."""
        ...
