"""Keeps the sandbox's state: in memory, and in a file when it has one.

The sandbox runs in one process on one event loop. Every change happens inside `changing`, a plain `with` block that
awaits nothing, so no two requests can interleave in one; that is all the locking it needs.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pip_hub.adapters.sandbox.lifetimes import forget_what_is_over
from pip_hub.adapters.sandbox.state import SandboxState, from_json, to_json


class StateFileUnreadable(Exception):
    """The state file holds something else than a sandbox's state."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not a sandbox state file of this version; remove it to start afresh")
        self.path = path


class Store:
    """The state, its clock and its file.

    Raises:
        StateFileUnreadable: the file exists and cannot be understood.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.state = _load(path) if path is not None and path.exists() else SandboxState()

    def now(self) -> float:
        """Seconds since 1970 on the sandbox's clock, which can be moved."""
        return time.time() + self.state.clock_offset

    @contextmanager
    def changing(self) -> Iterator[SandboxState]:
        """Change the state and have it saved, also when the block ends with an exception (a refusal may change things).

        Nothing may be awaited inside.
        """
        try:
            yield self.state
        finally:
            forget_what_is_over(self.state, self.now())
            self._save()

    def reset(self) -> None:
        """Forget everything but the signing keys, which clients may have fetched already."""
        self.state = SandboxState(keys=self.state.keys)
        self._save()

    def _save(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".new")
        # Written beside the old file and moved over it, so a crash leaves either the old state or the new one.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(to_json(self.state), file)
        fresh.replace(self._path)


def _load(path: Path) -> SandboxState:
    try:
        return from_json(json.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise StateFileUnreadable(path) from problem
