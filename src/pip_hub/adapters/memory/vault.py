"""A vault that keeps what it is given in a dictionary."""

from __future__ import annotations

import itertools

from pip_hub.adapters.memory.unit_of_work import refuse_inside_unit
from pip_hub.domain.errors import CannotOpen
from pip_hub.domain.secret import Sealed, Secret


class MemoryVault:
    """A `Vault` without cryptography: the sealed text is a number, and only this very vault knows what it stands for.

    Its keys are numbers too; `change_key` begins the next one, and what was sealed before still opens. Fails its caller
    (RuntimeError) when a unit of work is open.
    """

    def __init__(self) -> None:
        self._key = 1
        self._numbers = itertools.count(1)
        self._kept: dict[Sealed, tuple[str, Secret]] = {}

    @property
    def mark(self) -> str:
        return f"sealed-{self._key}-"

    def change_key(self) -> None:
        """Seal under a new key from now on."""
        self._key += 1

    async def seal(self, secret: Secret, context: str) -> Sealed:
        refuse_inside_unit("the vault")
        sealed = Sealed(f"{self.mark}{next(self._numbers)}")
        self._kept[sealed] = (context, secret)
        return sealed

    async def open(self, sealed: Sealed, context: str) -> Secret:
        refuse_inside_unit("the vault")
        kept = self._kept.get(sealed)
        if kept is None:
            raise CannotOpen(reason="not sealed by this vault")
        sealed_for, secret = kept
        if sealed_for != context:
            raise CannotOpen(reason="sealed for another context")
        return secret
