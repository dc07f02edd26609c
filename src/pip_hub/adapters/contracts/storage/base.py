"""What the storage contracts share: the fixture, a way to store anything, and a gate for races."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import anyio
import pytest

from pip_hub.adapters.contracts.samples import (
    NOW,
    a_client,
    a_code,
    a_grant,
    a_link,
    a_notice,
    a_provider_grant,
    a_refresh_token,
    a_resource,
    a_revocation,
    a_session,
    a_user,
    an_access_token,
    an_activity_entry,
    an_attempt,
    an_open_flow,
)
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.domain.activity import ActivityEntry
from pip_hub.domain.authorization_code import AuthorizationCode
from pip_hub.domain.client import Client
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.grant import AccessToken, Grant, RefreshToken
from pip_hub.domain.identifiers import UserId
from pip_hub.domain.mcp_flow import McpFlow
from pip_hub.domain.notice import Notice
from pip_hub.domain.provider_grant import ProviderGrant
from pip_hub.domain.resource import Resource
from pip_hub.domain.revocation import Revocation
from pip_hub.domain.session import Session
from pip_hub.domain.user import Email, User

T = TypeVar("T")

Entity = (
    Client
    | Resource
    | User
    | Session
    | Notice
    | McpFlow
    | ConnectionAttempt
    | ConnectorLink
    | ProviderGrant
    | Revocation
    | ActivityEntry
    | Grant
    | AuthorizationCode
    | AccessToken
    | RefreshToken
)

RACERS = 20
"""Tasks that go for the same thing at once."""

MANY_LINES = 1000
"""More lines of activity than any test adds."""

MICROSECOND = timedelta(microseconds=1)
LATER = NOW + timedelta(minutes=1)


class StorageContract:
    """The base of every storage contract: `unit_of_work` is the fixture to provide, over an empty storage."""

    @pytest.fixture
    def anyio_backend(self) -> str:
        """Override it for a storage that needs another event loop, or has fixtures of a wider scope."""
        return "asyncio"

    @pytest.fixture
    def unit_of_work(self) -> OpenUnitOfWork:
        raise NotImplementedError("provide a fixture `unit_of_work` that answers an OpenUnitOfWork")


def everything() -> tuple[Entity, ...]:
    """One of everything that can be stored, all of one user."""
    return (
        a_user(),
        a_client(),
        a_resource(),
        a_session(),
        a_notice(),
        an_open_flow(),
        an_attempt(),
        a_link(),
        a_provider_grant(),
        a_revocation(),
        an_activity_entry(),
        a_grant(),
        a_code(),
        an_access_token(),
        a_refresh_token(),
    )


def another_user(number: int = 2) -> User:
    """Somebody else than everybody in `everything`."""
    return a_user(id=UserId(f"user-{number}"), email=Email(f"user-{number}@example.com"))


async def given(unit_of_work: OpenUnitOfWork, *values: Entity) -> None:
    """Store the values and commit. A storage may insist that the user and the grant of a value are there too."""
    async with unit_of_work() as work:
        for value in values:
            await store(work, value)
        await work.commit()


async def store(work: UnitOfWork, value: Entity) -> None:  # noqa: C901, PLR0912 - one line per kind of value
    """Put the value into its collection."""
    match value:
        case User():
            assert await work.users.add(value)
        case Client():
            await work.clients.add(value)
        case Resource():
            assert await work.resources.add(value)
        case Session():
            await work.sessions.add(value)
        case Notice():
            await work.notices.add(value)
        case McpFlow():
            await work.flows.add(value)
        case ConnectionAttempt():
            await work.connection_attempts.add(value)
        case ConnectorLink():
            await work.connector_links.put(value)
        case ProviderGrant():
            await work.provider_grants.put(value)
        case Revocation():
            await work.revocations.add(value)
        case ActivityEntry():
            await work.activity.add(value)
        case Grant():
            await work.grants.add(value)
        case AuthorizationCode():
            await work.authorization_codes.add(value)
        case AccessToken():
            await work.access_tokens.add(value)
        case RefreshToken():
            await work.refresh_tokens.add(value)


async def fetch(work: UnitOfWork, value: Entity) -> Entity | None:  # noqa: C901, PLR0912 - one line per kind of value
    """What is stored under the identity of `value`. Notices are taken by it."""
    match value:
        case User():
            return await work.users.get(value.id)
        case Client():
            return await work.clients.get(value.id)
        case Resource():
            return await work.resources.get(value.id)
        case Session():
            return await work.sessions.get(value.digest)
        case Notice():
            return next(iter(await work.notices.take(value.session)), None)
        case McpFlow():
            return await work.flows.get(value.id)
        case ConnectionAttempt():
            return await work.connection_attempts.get(value.state_digest)
        case ConnectorLink():
            return await work.connector_links.get(value.user_id, value.connector)
        case ProviderGrant():
            return await work.provider_grants.get(value.id)
        case Revocation():
            owed = await work.revocations.of_user(value.user_id)
            return next((revocation for revocation in owed if revocation.id == value.id), None)
        case ActivityEntry():
            log = await work.activity.of_user(value.user_id, MANY_LINES)
            return next((entry for entry in log if entry.group == value.group), None)
        case Grant():
            return await work.grants.get(value.id)
        case AuthorizationCode():
            return await work.authorization_codes.get(value.digest)
        case AccessToken():
            return await work.access_tokens.get(value.digest)
        case RefreshToken():
            return await work.refresh_tokens.get(value.digest)


async def stored(unit_of_work: OpenUnitOfWork, value: Entity) -> Entity | None:
    """What a fresh unit finds under the identity of `value`."""
    async with unit_of_work() as work:
        return await fetch(work, value)


async def at_once(attempts: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Run all attempts in tasks of their own, none before all of them stand at the gate.

    Returns:
        Their results, in the order of the attempts.
    """
    gate = anyio.Event()
    at_the_gate: list[int] = []
    results: dict[int, T] = {}

    async def run(number: int, attempt: Callable[[], Awaitable[T]]) -> None:
        at_the_gate.append(number)
        if len(at_the_gate) == len(attempts):
            gate.set()
        await gate.wait()
        results[number] = await attempt()

    async with anyio.create_task_group() as tasks:
        for number, attempt in enumerate(attempts):
            tasks.start_soon(run, number, attempt)
    return [results[number] for number in range(len(attempts))]


async def race(unit_of_work: OpenUnitOfWork, spend: Callable[[UnitOfWork], Awaitable[T]]) -> list[T]:
    """Let many tasks spend the same thing, each in a committed unit of its own; every one must be answered."""

    async def attempt() -> T:
        async with unit_of_work() as work:
            answer = await spend(work)
            await work.commit()
            return answer

    return await at_once([attempt] * RACERS)


async def only_winner(unit_of_work: OpenUnitOfWork, spend: Callable[[UnitOfWork], Awaitable[T | None]]) -> T:
    """The one answer among many racers; all others must get None."""
    answers = await race(unit_of_work, spend)
    won = [answer for answer in answers if answer is not None]
    assert len(won) == 1, f"{len(won)} of {RACERS} racers won"
    return won[0]
