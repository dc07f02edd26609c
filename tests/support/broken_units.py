"""In-memory storages whose units break a law, or whose spending does, to prove that the contract notices."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Self

import anyio.lowlevel
import attrs

from pip_hub.adapters.memory.flows import MemoryConnectionAttempts, MemoryFlows
from pip_hub.adapters.memory.grants import (
    MemoryAuthorizationCodes,
    MemoryRefreshTokens,
)
from pip_hub.adapters.memory.unit_of_work import MemoryStorage, MemoryUnitOfWork
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.authorization_code import AuthorizationCode
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.grant import RefreshToken
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.mcp_flow import FlowOutcome, McpFlow
from pip_hub.domain.secret import Digest


def broken(unit: type[MemoryUnitOfWork]) -> OpenUnitOfWork:
    """Opens units of this kind on a fresh storage."""
    storage = MemoryStorage()
    return lambda: unit(storage)


# -- The unit itself --------------------------------------------------------------------------------------------------


class WritesThrough(MemoryUnitOfWork):
    """Has no copy: what is done is visible at once, and stays."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._copy = self._storage.tables
        return self

    async def commit(self) -> None:
        await anyio.lowlevel.checkpoint()


class ForgetsToCommit(MemoryUnitOfWork):
    async def commit(self) -> None:
        await anyio.lowlevel.checkpoint()


class DoesNotLock(MemoryUnitOfWork):
    """Lets units overlap, so that the later commit overwrites the earlier; and lets them nest."""

    async def __aenter__(self) -> Self:
        self._copy = self._storage.tables.copied()
        await anyio.lowlevel.checkpoint()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._copy = None


class StaysWhenCancelled(MemoryUnitOfWork):
    """Awaits something on its way out, which a cancellation interrupts: the lock is never given back."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await anyio.lowlevel.checkpoint()
        await super().__aexit__(kind, error, traceback)


class SwallowsErrors(MemoryUnitOfWork):
    async def __aexit__(  # type: ignore[override] # that is what is broken: True swallows the error
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        await super().__aexit__(kind, error, traceback)
        return True


# -- Spending ---------------------------------------------------------------------------------------------------------


class _ClosesAlways(MemoryFlows):
    async def close(self, flow_id: FlowId, outcome: FlowOutcome, at: datetime) -> McpFlow | None:
        flow = await self.get(flow_id)
        return flow and flow.closed(outcome, at)


class _TakesAlways(MemoryConnectionAttempts):
    async def take(self, state_digest: Digest, at: datetime) -> ConnectionAttempt | None:
        attempt = await self.get(state_digest)
        return attempt and attrs.evolve(attempt, taken_at=at)


class _RedeemsAlways(MemoryAuthorizationCodes):
    async def redeem(self, digest: Digest, at: datetime) -> AuthorizationCode | None:
        code = await self.get(digest)
        return code and attrs.evolve(code, redeemed_at=at, sealed_code=None)


class _RotatesAlways(MemoryRefreshTokens):
    async def rotate(self, digest: Digest, at: datetime) -> RefreshToken | None:
        token = await self.get(digest)
        return token and attrs.evolve(token, rotated_at=at)


class SpendsAlways(MemoryUnitOfWork):
    """Answers everybody who spends."""

    @property
    def flows(self) -> MemoryFlows:
        return _ClosesAlways(self._tables)

    @property
    def connection_attempts(self) -> MemoryConnectionAttempts:
        return _TakesAlways(self._tables)

    @property
    def authorization_codes(self) -> MemoryAuthorizationCodes:
        return _RedeemsAlways(self._tables)

    @property
    def refresh_tokens(self) -> MemoryRefreshTokens:
        return _RotatesAlways(self._tables)


class _RaisesForLosers(MemoryAuthorizationCodes):
    async def redeem(self, digest: Digest, at: datetime) -> AuthorizationCode | None:
        code = await super().redeem(digest, at)
        if code is None:
            raise LookupError("too late")
        return code


class RaisesForLosers(MemoryUnitOfWork):
    @property
    def authorization_codes(self) -> MemoryAuthorizationCodes:
        return _RaisesForLosers(self._tables)
