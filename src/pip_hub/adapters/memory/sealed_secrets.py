"""Every sealed secret, in memory."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from pip_hub.adapters.memory.tables import Tables
from pip_hub.application.ports.sealed_secrets import SealedIn, SealedRow
from pip_hub.domain.identifiers import ProviderGrantId, RevocationId
from pip_hub.domain.secret import Digest, Sealed


@attrs.frozen
class MemorySealedSecrets:
    """Every sealed secret, as one list."""

    _tables: Tables

    async def without_mark(self, place: SealedIn, mark: str, *, after: str, limit: int) -> tuple[SealedRow, ...]:
        found = [row for row in self._rows(place) if row.key > after and not row.sealed.value.startswith(mark)]
        return tuple(sorted(found, key=lambda row: row.key)[:limit])

    async def replace(self, row: SealedRow, sealed: Sealed) -> bool:
        if row not in self._rows(row.place):
            return False
        match row.place:
            case SealedIn.CONNECTION_ATTEMPTS:
                attempts, digest = self._tables.connection_attempts, Digest(row.key)
                attempts[digest] = attrs.evolve(attempts[digest], sealed_trip=sealed)
            case SealedIn.AUTHORIZATION_CODES:
                codes, digest = self._tables.authorization_codes, Digest(row.key)
                codes[digest] = attrs.evolve(codes[digest], sealed_code=sealed)
            case SealedIn.PROVIDER_GRANTS:
                grants, grant_id = self._tables.provider_grants, ProviderGrantId(row.key)
                grants[grant_id] = attrs.evolve(grants[grant_id], sealed_tokens=sealed)
            case SealedIn.REVOCATIONS:
                revocations, revocation_id = self._tables.revocations, RevocationId(row.key)
                revocations[revocation_id] = attrs.evolve(revocations[revocation_id], sealed_tokens=sealed)
        return True

    def _rows(self, place: SealedIn) -> Iterator[SealedRow]:
        for key, bound_to, sealed in self._sealed(place):
            if sealed is not None:
                yield SealedRow(place=place, key=key, bound_to=bound_to, sealed=sealed)

    def _sealed(self, place: SealedIn) -> list[tuple[str, str, Sealed | None]]:
        """Key, what the vault's context is made of, and the secret where there is one."""
        tables = self._tables
        match place:
            case SealedIn.CONNECTION_ATTEMPTS:
                return [(of.value, of.value, attempt.sealed_trip) for of, attempt in tables.connection_attempts.items()]
            case SealedIn.AUTHORIZATION_CODES:
                return [(of.value, of.value, code.sealed_code) for of, code in tables.authorization_codes.items()]
            case SealedIn.PROVIDER_GRANTS:
                return [(of, of, grant.sealed_tokens) for of, grant in tables.provider_grants.items()]
            case SealedIn.REVOCATIONS:
                return [(of, owed.grant_id, owed.sealed_tokens) for of, owed in tables.revocations.items()]
