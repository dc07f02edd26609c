"""What the state machines share: a core, and a way to await it from rules that are plain functions."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine

T = TypeVar("T")


class AsyncMachine(RuleBasedStateMachine):
    """A state machine with an event loop of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()

    def do(self, step: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(step)

    def teardown(self) -> None:
        self._runner.close()
