"""The laws of flows and of connection attempts: each is spent once."""

from __future__ import annotations

from functools import partial

import pytest

from pip_hub.adapters.contracts.samples import NOW, a_digest, a_user, an_attempt, an_open_flow
from pip_hub.adapters.contracts.storage.base import (
    LATER,
    MICROSECOND,
    RACERS,
    StorageContract,
    at_once,
    given,
    only_winner,
    stored,
)
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.mcp_flow import FlowOutcome, McpFlow

COMPLETED, CANCELLED = FlowOutcome.COMPLETED, FlowOutcome.CANCELLED


@pytest.mark.anyio
class FlowsContract(StorageContract):
    async def test_a_closed_flow_is_answered_and_kept_closed(self, unit_of_work: OpenUnitOfWork) -> None:
        other = an_open_flow(id=FlowId("flow-2"))
        await given(unit_of_work, a_user(), an_open_flow(), other)
        closed = an_open_flow().closed(CANCELLED, LATER)
        async with unit_of_work() as work:
            assert await work.flows.close(an_open_flow().id, CANCELLED, LATER) == closed
            await work.commit()
        assert await stored(unit_of_work, closed) == closed
        assert await stored(unit_of_work, other) == other

    @pytest.mark.parametrize("again", FlowOutcome)
    async def test_a_flow_is_closed_once(self, unit_of_work: OpenUnitOfWork, again: FlowOutcome) -> None:
        await given(unit_of_work, a_user(), an_open_flow())
        async with unit_of_work() as work:
            closed = await work.flows.close(an_open_flow().id, COMPLETED, NOW)
            await work.commit()
        async with unit_of_work() as work:
            assert await work.flows.close(an_open_flow().id, again, LATER) is None
            await work.commit()
        assert await stored(unit_of_work, an_open_flow()) == closed

    async def test_an_expired_flow_is_not_closed(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), an_open_flow())
        end = an_open_flow().expires_at
        async with unit_of_work() as work:
            assert await work.flows.close(an_open_flow().id, COMPLETED, end) is None
            assert await work.flows.get(an_open_flow().id) == an_open_flow()
            assert await work.flows.close(an_open_flow().id, COMPLETED, end - MICROSECOND) is not None

    async def test_an_unknown_flow_is_not_closed(self, unit_of_work: OpenUnitOfWork) -> None:
        async with unit_of_work() as work:
            assert await work.flows.close(FlowId("unknown"), COMPLETED, NOW) is None

    async def test_a_flow_closed_in_vain_can_be_closed(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), an_open_flow())
        async with unit_of_work() as work:
            assert await work.flows.close(an_open_flow().id, COMPLETED, NOW) is not None
        async with unit_of_work() as work:
            assert await work.flows.close(an_open_flow().id, CANCELLED, NOW) is not None

    async def test_of_many_who_close_a_flow_exactly_one_does(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), an_open_flow())
        outcomes = [(COMPLETED, CANCELLED)[number % 2] for number in range(RACERS)]
        answers = await at_once([partial(_close, unit_of_work, outcome) for outcome in outcomes])
        won = [(answer, outcome) for answer, outcome in zip(answers, outcomes, strict=True) if answer is not None]
        assert [answer for answer, _ in won] == [an_open_flow().closed(outcome, NOW) for _, outcome in won]
        assert len(won) == 1
        assert await stored(unit_of_work, an_open_flow()) == won[0][0]


@pytest.mark.anyio
class ConnectionAttemptsContract(StorageContract):
    async def test_a_taken_attempt_is_answered_and_kept_taken(self, unit_of_work: OpenUnitOfWork) -> None:
        other = an_attempt(state_digest=a_digest("another state"))
        await given(unit_of_work, a_user(), an_attempt(), other)
        taken = an_attempt(taken_at=LATER)
        async with unit_of_work() as work:
            assert await work.connection_attempts.take(an_attempt().state_digest, LATER) == taken
            await work.commit()
        assert await stored(unit_of_work, taken) == taken
        assert await stored(unit_of_work, other) == other

    async def test_an_attempt_is_taken_once(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), an_attempt())
        async with unit_of_work() as work:
            taken = await work.connection_attempts.take(an_attempt().state_digest, NOW)
            assert await work.connection_attempts.take(an_attempt().state_digest, LATER) is None
            await work.commit()
        assert await stored(unit_of_work, an_attempt()) == taken

    async def test_an_expired_attempt_is_not_taken(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), an_attempt())
        end = an_attempt().expires_at
        async with unit_of_work() as work:
            assert await work.connection_attempts.take(an_attempt().state_digest, end) is None
            assert await work.connection_attempts.get(an_attempt().state_digest) == an_attempt()
            assert await work.connection_attempts.take(an_attempt().state_digest, end - MICROSECOND) is not None

    async def test_an_unknown_attempt_is_not_taken(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), an_attempt())
        async with unit_of_work() as work:
            assert await work.connection_attempts.take(a_digest("an unknown state"), NOW) is None

    async def test_an_attempt_taken_in_vain_can_be_taken(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), an_attempt())
        for _ in range(2):
            async with unit_of_work() as work:
                assert await work.connection_attempts.take(an_attempt().state_digest, NOW) is not None

    async def test_of_many_who_take_an_attempt_exactly_one_gets_it(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), an_attempt())
        taken = await only_winner(
            unit_of_work, lambda work: work.connection_attempts.take(an_attempt().state_digest, NOW)
        )
        assert taken == an_attempt(taken_at=NOW)


async def _close(unit_of_work: OpenUnitOfWork, outcome: FlowOutcome) -> McpFlow | None:
    async with unit_of_work() as work:
        answer = await work.flows.close(an_open_flow().id, outcome, NOW)
        await work.commit()
        return answer
