"""Seal every stored secret under the newest key."""

from __future__ import annotations

import attrs

from pip_hub.application.connectors.trip import trip_context
from pip_hub.application.ports.sealed_secrets import SealedIn, SealedRow
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.authorization_code import code_context
from pip_hub.domain.errors import CannotOpen
from pip_hub.domain.identifiers import ProviderGrantId
from pip_hub.domain.provider_grant import grant_context
from pip_hub.domain.secret import Digest

BATCH = 100


@attrs.frozen(kw_only=True)
class Resealed:
    """`unopenable` secrets are under a key that was not given, or damaged; the old keys must be kept for them."""

    resealed: int
    unopenable: int


@attrs.frozen(kw_only=True)
class ResealSecrets:
    """Walk every sealed column in small batches, while the hub runs.

    Interrupted at any line it has lost nothing: what is sealed under the newest key already is not visited again. A
    secret that changes meanwhile is left to whoever changed it, who sealed it under the newest key.
    """

    unit_of_work: OpenUnitOfWork
    vault: Vault

    async def __call__(self) -> Resealed:
        resealed = unopenable = 0
        for place in SealedIn:
            after = ""
            while rows := await self._next(place, after):
                for row in rows:
                    if await self._reseal(row):
                        resealed += 1
                    else:
                        unopenable += 1
                after = rows[-1].key
        return Resealed(resealed=resealed, unopenable=unopenable)

    async def _next(self, place: SealedIn, after: str) -> tuple[SealedRow, ...]:
        async with self.unit_of_work() as work:
            return await work.sealed_secrets.without_mark(place, self.vault.mark, after=after, limit=BATCH)

    async def _reseal(self, row: SealedRow) -> bool:
        context = _context(row)
        try:
            secret = await self.vault.open(row.sealed, context)
        except CannotOpen:
            return False
        sealed = await self.vault.seal(secret, context)
        async with self.unit_of_work() as work:
            await work.sealed_secrets.replace(row, sealed)
            await work.commit()
        return True


def _context(row: SealedRow) -> str:
    if row.place is SealedIn.CONNECTION_ATTEMPTS:
        return trip_context(Digest(row.bound_to))
    if row.place is SealedIn.AUTHORIZATION_CODES:
        return code_context(Digest(row.bound_to))
    return grant_context(ProviderGrantId(row.bound_to))
