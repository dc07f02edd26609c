"""The life of flows as a state machine: whatever is clicked by whom in which order, a flow yields one code at most."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime
from typing import Any

import attrs
import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, rule

from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.flows.answered import AlreadyAnswered, ReturnToClient
from pip_hub.application.flows.cancel_flow import CancelFlowCommand
from pip_hub.application.flows.view_hub import HubView, ViewHubCommand
from pip_hub.domain.errors import FlowNotOpen, PipHubError
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.mcp_flow import FlowOutcome
from pip_hub.domain.secret import Secret
from tests.support.core import ANN, BOB, a_core, query_of
from tests.support.machines import AsyncMachine

PEOPLE = ("ann here", "ann elsewhere", "bob in ann's browser")


@attrs.define
class Expected:
    """What has to be true of one flow."""

    owner: str
    expires_at: datetime
    outcome: FlowOutcome | None = None
    answer: str | None = None
    code_expires_at: datetime | None = None
    redeemed: bool = False


class FlowLife(AsyncMachine):
    """Three visitors start, look at, complete and cancel each other's flows while time passes."""

    flows: Bundle[FlowId] = Bundle("flows")

    @initialize()
    def people_sign_in(self) -> None:
        self.core = a_core()
        here = self.do(self.core.sign_in(ANN))
        self.people: dict[str, Visitor] = {
            "ann here": here,
            "ann elsewhere": self.do(self.core.sign_in(ANN)),
            "bob in ann's browser": self.do(self.core.sign_in(BOB, attrs.evolve(here, session=None))),
        }
        self.expected: dict[FlowId, Expected] = {}

    @rule(target=flows, who=st.sampled_from(PEOPLE))
    def start(self, who: str) -> FlowId:
        flow_id = self.do(self.core.start_flow(self.people[who]))
        self.expected[flow_id] = Expected(who, self.core.clock.now() + self.core.policy.flow_lifetime)
        return flow_id

    @rule(seconds=st.sampled_from([1, 60, 599, 600, 1200, 1799, 1800]))
    def time_passes(self, seconds: int) -> None:
        self.core.wait(seconds=seconds)

    @rule(who=st.sampled_from(PEOPLE), flow_id=flows)
    def look(self, who: str, flow_id: FlowId) -> None:
        command = ViewHubCommand(visitor=self.people[who], flow_id=flow_id)
        seen = self._try(self.core.uses.view_hub()(command))
        if self._is_open_for(who, flow_id):
            assert isinstance(seen, HubView)
        else:
            self._is_told_how_it_ended(who, flow_id, seen)

    @rule(who=st.sampled_from(PEOPLE), flow_id=flows)
    def press_continue(self, who: str, flow_id: FlowId) -> None:
        self._decide(who, flow_id, FlowOutcome.COMPLETED)

    @rule(who=st.sampled_from(PEOPLE), flow_id=flows)
    def cancel(self, who: str, flow_id: FlowId) -> None:
        self._decide(who, flow_id, FlowOutcome.CANCELLED)

    @rule(who=st.sampled_from(PEOPLE), flow_id=flows)
    def connect(self, who: str, flow_id: FlowId) -> None:
        back = self._try(self.core.connect(self.people[who], flow_id=flow_id))
        assert isinstance(back, FlowNotOpen) == (not self._is_open_for(who, flow_id))

    @rule(flow_id=flows)
    def the_client_redeems(self, flow_id: FlowId) -> None:
        expected = self.expected[flow_id]
        if expected.outcome is not FlowOutcome.COMPLETED or expected.redeemed or not self._code_is_fresh(expected):
            return
        assert expected.answer is not None
        self.do(self.core.redeem(Secret(query_of(expected.answer)["code"])))
        expected.redeemed = True

    @invariant()
    def every_flow_is_as_expected_and_has_one_code_exactly_when_it_was_completed(self) -> None:
        codes = [code.flow_id for code in self.core.tables.authorization_codes.values()]
        for flow_id, expected in self.expected.items():
            assert self.core.tables.flows[flow_id].outcome == expected.outcome
            assert codes.count(flow_id) == (expected.outcome is FlowOutcome.COMPLETED)
        assert len(self.core.tables.grants) == len(codes)

    def _decide(self, who: str, flow_id: FlowId, outcome: FlowOutcome) -> None:
        expected, was_open = self.expected[flow_id], self._is_open_for(who, flow_id)
        if outcome is FlowOutcome.COMPLETED:
            answer = self._try(self.core.press_continue(self.people[who], flow_id))
        else:
            command = CancelFlowCommand(visitor=self.people[who], flow_id=flow_id)
            answer = self._try(self.core.uses.cancel_flow()(command))
        if was_open:
            assert isinstance(answer, ReturnToClient)
            expected.outcome, expected.answer = outcome, answer.url
            expected.code_expires_at = self.core.clock.now() + self.core.policy.code_lifetime
        else:
            self._is_told_how_it_ended(who, flow_id, answer)

    def _is_told_how_it_ended(self, who: str, flow_id: FlowId, answer: object) -> None:
        expected = self.expected[flow_id]
        if who == expected.owner and expected.outcome is not None:
            assert isinstance(answer, AlreadyAnswered)
            assert answer.outcome is expected.outcome
            assert answer.way_back == (expected.answer if self._can_go_back(expected) else None)
        else:
            assert isinstance(answer, FlowNotOpen)

    def _is_open_for(self, who: str, flow_id: FlowId) -> bool:
        expected = self.expected[flow_id]
        return who == expected.owner and expected.outcome is None and self.core.clock.now() < expected.expires_at

    def _can_go_back(self, expected: Expected) -> bool:
        if expected.outcome is FlowOutcome.CANCELLED:
            return True
        return not expected.redeemed and self._code_is_fresh(expected)

    def _code_is_fresh(self, expected: Expected) -> bool:
        return expected.code_expires_at is not None and self.core.clock.now() < expected.code_expires_at

    def _try(self, step: Coroutine[Any, Any, object]) -> object:
        try:
            return self.do(step)
        except PipHubError as refused:
            return refused


TestFlowLife = FlowLife.TestCase
TestFlowLife.settings = hypothesis.settings(max_examples=100, stateful_step_count=40)
