"""A small memory for tokens that were good a moment ago."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

import attrs

Kept = TypeVar("Kept")


@attrs.frozen(kw_only=True)
class KeptTokens(Generic[Kept]):
    """Remembers at most `size` values for at most `lifetime` seconds each; with neither, nothing.

    `clock` counts seconds and never goes back, so a change of the wall clock prolongs nothing.
    """

    lifetime: float
    size: int
    clock: Callable[[], float] = time.monotonic
    _values: OrderedDict[str, tuple[float, Kept]] = attrs.field(factory=OrderedDict, init=False, repr=False)

    def get(self, token: str) -> Kept | None:
        """The value, unless it is too old or was never kept."""
        until, value = self._values.get(token, (0.0, None))
        if value is None or self.clock() < until:
            return value
        del self._values[token]
        return None

    def put(self, token: str, value: Kept, *, good_for: float | None) -> None:
        """Keep a value, but no longer than `good_for` seconds (None for unknown)."""
        lifetime = self.lifetime if good_for is None else min(self.lifetime, good_for)
        if lifetime <= 0:
            return
        self._values[token] = (self.clock() + lifetime, value)
        self._values.move_to_end(token)
        while len(self._values) > self.size:
            self._values.popitem(last=False)
