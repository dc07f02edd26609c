import time

import anyio
import attrs
import pytest

from pip_hub.mcp import HubTokenVerifier
from tests.integration.demo.stand_in_hub import StandInHub
from tests.integration.mcp.conftest import a_verifier

pytestmark = pytest.mark.anyio


@attrs.define
class Stopwatch:
    """Seconds that pass when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


async def asked(hub: StandInHub, verifier: HubTokenVerifier, token: str) -> int:
    """How often the hub was asked for one check, which has to succeed."""
    before = hub.introspected
    assert await verifier.verify_token(token) is not None
    return hub.introspected - before


async def test_a_good_token_is_believed_for_some_seconds_and_no_longer(hub: StandInHub) -> None:
    clock, token = Stopwatch(), hub.issue()
    async with a_verifier(hub, cache_seconds=10, clock=clock) as verifier:
        assert await asked(hub, verifier, token) == 1
        clock.now += 9.9
        assert await asked(hub, verifier, token) == 0
        clock.now += 0.1
        assert await asked(hub, verifier, token) == 1


async def test_access_that_is_taken_away_ends_with_the_cached_answer(hub: StandInHub) -> None:
    clock, token = Stopwatch(), hub.issue()
    async with a_verifier(hub, clock=clock) as verifier:
        await asked(hub, verifier, token)
        del hub.access[token]
        assert await verifier.verify_token(token) is not None
        clock.now += 10
        assert await verifier.verify_token(token) is None


async def test_without_a_cache_it_ends_with_the_very_next_call(hub: StandInHub, verifier: HubTokenVerifier) -> None:
    token = hub.issue()
    await asked(hub, verifier, token)

    del hub.access[token]

    assert await verifier.verify_token(token) is None


async def test_no_token_is_believed_beyond_its_own_end(hub: StandInHub) -> None:
    clock, token = Stopwatch(), hub.issue()
    hub.introspection_overrides = {"exp": int(time.time()) + 100}
    async with a_verifier(hub, cache_seconds=3600, clock=clock) as verifier:
        await asked(hub, verifier, token)
        clock.now += 101
        assert await asked(hub, verifier, token) == 1


async def test_what_the_hub_does_not_know_is_asked_about_each_time(hub: StandInHub) -> None:
    async with a_verifier(hub) as verifier:
        assert [await verifier.verify_token("never-issued") for _ in range(2)] == [None, None]
        assert hub.introspected == 2
        hub.access["never-issued"] = hub.access[hub.issue()]
        assert await verifier.verify_token("never-issued") is not None


async def test_of_too_many_tokens_the_oldest_answer_is_forgotten(hub: StandInHub) -> None:
    first, second, third = (hub.issue() for _ in range(3))
    async with a_verifier(hub, cache_size=2) as verifier:
        for token in (first, second, third):
            await asked(hub, verifier, token)
        assert await asked(hub, verifier, third) == 0
        assert await asked(hub, verifier, second) == 0
        assert await asked(hub, verifier, first) == 1


async def test_one_persons_answer_is_never_anothers(hub: StandInHub) -> None:
    tokens = {hub.issue(client_id=f"client-{number}"): f"client-{number}" for number in range(20)}
    async with a_verifier(hub) as verifier:

        async def check(token: str) -> None:
            for _ in range(3):
                access = await verifier.verify_token(token)
                assert access is not None
                assert access.client_id == tokens[token]

        async with anyio.create_task_group() as tasks:
            for token in tokens:
                tasks.start_soon(check, token)
    assert hub.introspected == len(tokens)
