"""Cancel: the client is told no."""

import attrs
import pytest

from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.flows.answered import AlreadyAnswered, ReturnToClient
from pip_hub.application.flows.cancel_flow import CancelFlowCommand
from pip_hub.domain.errors import FlowNotOpen, NotSignedIn
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.mcp_flow import FlowOutcome
from tests.support.core import ANN, BOB, ISSUER, REDIRECT_URI, Core, a_core, query_of
from tests.support.interruptions import Crash, InterruptedStorage, all_at_once, crash

pytestmark = pytest.mark.anyio


async def cancel(core: Core, visitor: Visitor, flow_id: FlowId) -> ReturnToClient | AlreadyAnswered:
    return await core.uses.cancel_flow()(CancelFlowCommand(visitor=visitor, flow_id=flow_id))


@pytest.mark.requirement("RFC 6749 4.1.2.1")
async def test_cancel_sends_the_browser_back_with_access_denied() -> None:
    core = a_core()
    visitor = await core.sign_in()

    answer = await cancel(core, visitor, await core.start_flow(visitor))

    assert isinstance(answer, ReturnToClient)
    assert answer.url.startswith(REDIRECT_URI + "?")
    assert query_of(answer.url) == {"error": "access_denied", "state": "state of the client", "iss": ISSUER}


async def test_a_cancelled_flow_yields_no_code() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    first = await cancel(core, visitor, flow_id)
    assert isinstance(first, ReturnToClient)

    answer = await core.press_continue(visitor, flow_id)

    assert isinstance(answer, AlreadyAnswered)
    assert (answer.outcome, answer.way_back) == (FlowOutcome.CANCELLED, first.url)
    assert not core.tables.authorization_codes
    assert not core.tables.grants


async def test_what_was_connected_stays_connected() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    await core.connect(visitor, flow_id=flow_id)

    await cancel(core, visitor, flow_id)

    assert core.tables.connector_links


async def test_cancelling_twice_gives_the_same_answer_again() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    first = await cancel(core, visitor, flow_id)
    assert isinstance(first, ReturnToClient)

    second = await cancel(core, visitor, flow_id)

    assert isinstance(second, AlreadyAnswered)
    assert second.way_back == first.url


async def test_cancelling_what_was_completed_does_not_take_it_back() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    code = await core.complete(visitor, flow_id)

    answer = await cancel(core, visitor, flow_id)

    assert isinstance(answer, AlreadyAnswered)
    assert answer.outcome is FlowOutcome.COMPLETED
    await core.redeem(code)


async def test_an_expired_flow_cannot_be_cancelled() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    core.wait(minutes=30)

    with pytest.raises(FlowNotOpen):
        await cancel(core, visitor, flow_id)


async def test_nobody_else_cancels_a_flow_and_all_are_refused_alike() -> None:
    core = a_core()
    ann = await core.sign_in(ANN)
    flow_id = await core.start_flow(ann)
    bob_in_anns_browser = await core.sign_in(BOB, attrs.evolve(ann, session=None))
    ann_elsewhere = await core.sign_in(ANN)

    for visitor, asked in ((ann, FlowId("none")), (bob_in_anns_browser, flow_id), (ann_elsewhere, flow_id)):
        with pytest.raises(FlowNotOpen):
            await cancel(core, visitor, asked)
    with pytest.raises(NotSignedIn):
        await cancel(core, Visitor(session=None, browser=ann.browser), flow_id)

    await core.complete(ann, flow_id)


async def test_of_continue_and_cancel_at_once_exactly_one_decides() -> None:
    core = a_core()
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)

    async def no() -> ReturnToClient | AlreadyAnswered:
        return await cancel(core, visitor, flow_id)

    async def yes() -> ReturnToClient | AlreadyAnswered:
        return await core.press_continue(visitor, flow_id)

    answers = await all_at_once(core.storage, no, yes, no, yes)

    (decisive,) = [answer for answer in answers if isinstance(answer, ReturnToClient)]
    others = [answer for answer in answers if isinstance(answer, AlreadyAnswered)]
    assert len(others) == 3
    assert {other.way_back for other in others} == {decisive.url}


async def test_a_crash_before_the_commit_leaves_the_flow_open() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    visitor = await core.sign_in()
    flow_id = await core.start_flow(visitor)
    storage.before_commit.then(crash)

    with pytest.raises(Crash):
        await cancel(core, visitor, flow_id)

    await core.complete(visitor, flow_id)
