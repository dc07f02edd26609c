"""In-memory adapters in which something happens at the worst moment: a crash, or somebody else's work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import anyio

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.connections import MemoryConnectorLinks
from pip_hub.adapters.memory.flows import MemoryConnectionAttempts, MemoryFlows
from pip_hub.adapters.memory.gateway import MemoryGateway
from pip_hub.adapters.memory.grants import MemoryAuthorizationCodes, MemoryRefreshTokens
from pip_hub.adapters.memory.passwords import QuickPasswordHasher
from pip_hub.adapters.memory.unit_of_work import MemoryStorage, MemoryUnitOfWork
from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.application.ports.provider_gateway import ProviderAnswer, ProviderConnection
from pip_hub.domain.authorization_code import AuthorizationCode
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import ConnectorLink, Organisation
from pip_hub.domain.errors import PipHubError
from pip_hub.domain.grant import RefreshToken
from pip_hub.domain.identifiers import ConnectorKey, FlowId, UserId
from pip_hub.domain.mcp_flow import FlowOutcome, McpFlow
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.revocation import ForgetOutcome
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Digest, Sealed, Secret

Step = Callable[[], Awaitable[object]]


class Crash(Exception):
    """The process dies here."""


async def crash() -> None:
    raise Crash


class Interruption:
    """Something that happens once, at the next occasion."""

    def __init__(self) -> None:
        self._step: Step | None = None

    def then(self, step: Step) -> None:
        self._step = step

    async def happen(self) -> None:
        step, self._step = self._step, None
        if step is not None:
            await step()


class InterruptedGateway(MemoryGateway):
    """A gateway whose provider takes so long that something else happens meanwhile.

    `meanwhile` is before the provider does anything, `after_answer` once it has, while the answer is under way.
    """

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock)
        self.meanwhile = Interruption()
        self.after_answer = Interruption()

    async def exchange(self, spec: ConnectorSpec, answer: ProviderAnswer) -> ProviderConnection:
        await self.meanwhile.happen()
        return await super().exchange(spec, answer)

    async def refresh(self, spec: ConnectorSpec, tokens: ProviderTokens, narrow_to: Scopes | None) -> ProviderTokens:
        await self.meanwhile.happen()
        renewed = await super().refresh(spec, tokens, narrow_to)
        await self.after_answer.happen()
        return renewed

    async def organisations(self, spec: ConnectorSpec, access: ProviderAccess) -> tuple[Organisation, ...]:
        listed = await super().organisations(spec, access)
        await self.after_answer.happen()
        return listed

    async def revoke(self, spec: ConnectorSpec, tokens: ProviderTokens) -> ForgetOutcome:
        await self.meanwhile.happen()
        return await super().revoke(spec, tokens)


class InterruptedVault(MemoryVault):
    """A vault whose key service takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.before_sealing = Interruption()
        self.before_opening = Interruption()

    async def seal(self, secret: Secret, context: str) -> Sealed:
        await self.before_sealing.happen()
        return await super().seal(secret, context)

    async def open(self, sealed: Sealed, context: str) -> Secret:
        await self.before_opening.happen()
        return await super().open(sealed, context)


class InterruptedHasher(QuickPasswordHasher):
    """A hasher that takes as long as a real one."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile = Interruption()

    async def hash(self, password: str) -> str:
        await self.meanwhile.happen()
        return await super().hash(password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        await self.meanwhile.happen()
        return await super().verify(password, password_hash)


class InterruptedStorage(MemoryStorage):
    """Storage whose units can die at their commit, or find that somebody else has spent a thing just before them."""

    def __init__(self) -> None:
        super().__init__()
        self.before_commit = Interruption()
        self.somebody_is_faster = False
        self.somebody_connects_meanwhile = False

    def unit_of_work(self) -> MemoryUnitOfWork:
        return _InterruptedUnit(self)


class _InterruptedUnit(MemoryUnitOfWork):
    def __init__(self, storage: InterruptedStorage) -> None:
        super().__init__(storage)
        self._interrupted = storage

    async def commit(self) -> None:
        await self._interrupted.before_commit.happen()
        await super().commit()

    # What a database without a global lock can show: read as unspent, but spent by the time of the spending.

    @property
    def flows(self) -> MemoryFlows:
        return _LateFlows(self._tables) if self._interrupted.somebody_is_faster else super().flows

    @property
    def connector_links(self) -> MemoryConnectorLinks:
        return _LateLinks(self._tables) if self._interrupted.somebody_connects_meanwhile else super().connector_links

    @property
    def connection_attempts(self) -> MemoryConnectionAttempts:
        return _LateAttempts(self._tables) if self._interrupted.somebody_is_faster else super().connection_attempts

    @property
    def authorization_codes(self) -> MemoryAuthorizationCodes:
        return _LateCodes(self._tables) if self._interrupted.somebody_is_faster else super().authorization_codes

    @property
    def refresh_tokens(self) -> MemoryRefreshTokens:
        return _LateRefreshTokens(self._tables) if self._interrupted.somebody_is_faster else super().refresh_tokens


class _LateFlows(MemoryFlows):
    async def close(self, flow_id: FlowId, outcome: FlowOutcome, at: datetime) -> McpFlow | None:
        await super().close(flow_id, FlowOutcome.CANCELLED, at)
        return await super().close(flow_id, outcome, at)


class _LateLinks(MemoryConnectorLinks):
    async def hold(self, user_id: UserId, connector: ConnectorKey) -> ConnectorLink | None:
        return None  # there was none yet, so there was nothing to hold


class _LateAttempts(MemoryConnectionAttempts):
    async def take(self, state_digest: Digest, at: datetime) -> ConnectionAttempt | None:
        await super().take(state_digest, at)
        return await super().take(state_digest, at)


class _LateCodes(MemoryAuthorizationCodes):
    async def redeem(self, digest: Digest, at: datetime) -> AuthorizationCode | None:
        await super().redeem(digest, at)
        return await super().redeem(digest, at)


class _LateRefreshTokens(MemoryRefreshTokens):
    async def rotate(self, digest: Digest, at: datetime) -> RefreshToken | None:
        await super().rotate(digest, at)
        return await super().rotate(digest, at)


async def all_at_once(storage: MemoryStorage, *calls: Step) -> list[object]:
    """Start every call while the storage is held, let go once all of them wait, and answer what each came to.

    A failure of ours is an answer like any other; anything else fails the test.
    """
    answers: dict[int, object] = {}

    async def run(number: int, call: Step) -> None:
        try:
            answers[number] = await call()
        except PipHubError as refused:
            answers[number] = refused

    async with anyio.create_task_group() as group, storage.lock:
        for number, call in enumerate(calls):
            group.start_soon(run, number, call)
        await anyio.wait_all_tasks_blocked()
        assert storage.lock.statistics().tasks_waiting == len(calls)
    return [answers[number] for number in range(len(calls))]
