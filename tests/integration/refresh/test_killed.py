"""A worker that is killed between the provider's answer and our commit, and what the user is told after a restart."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest

from pip_hub.domain.connector_link import Attention
from pip_hub.domain.secret import digest_of
from pip_hub.entrypoints.container import Hub
from tests.integration.refresh.installation import ANSWERED, Setup, Somebody, closed
from tests.integration.refresh.processes import Worker, a_worker
from tests.support.sandbox import RunningSandbox

pytestmark = pytest.mark.anyio

REFRESH = "xero.token:refresh_token"
TOKENS_HAVE_EXPIRED = 31
"""Minutes, here and below."""
LEASE_IS_OVER = 1
GRACE_IS_OVER = 31


@asynccontextmanager
async def restarted(setup: Setup, *, minutes_ahead: float) -> AsyncIterator[Worker]:
    async with a_worker(attrs.evolve(setup, minutes_ahead=minutes_ahead)) as worker:
        yield worker


async def killed_after_the_answer(setup: Setup, sandbox: RunningSandbox, ann: Somebody) -> None:
    """A process gets Xero's answer to a refresh, and dies before it has kept it."""
    await sandbox.control.move_clock(minutes=TOKENS_HAVE_EXPIRED)
    doomed = attrs.evolve(setup, minutes_ahead=TOKENS_HAVE_EXPIRED, hangs_after_an_answer=True)
    async with a_worker(doomed) as worker:
        await worker.order((ann, "xero", "read"))
        assert await worker.hears() == ANSWERED
        worker.process.kill()
        assert await worker.process.wait() == -signal.SIGKILL
    assert (await sandbox.control.calls())[REFRESH] == 1


async def test_within_xeros_grace_the_next_release_succeeds_and_the_user_is_asked_nothing(
    setup: Setup, sandbox: RunningSandbox, hub: Hub, ann: Somebody
) -> None:
    await ann.connect(hub, sandbox, "xero")
    before = await ann.tokens(hub, "xero")
    await killed_after_the_answer(setup, sandbox, ann)
    assert await ann.tokens(hub, "xero") == before

    async with restarted(setup, minutes_ahead=TOKENS_HAVE_EXPIRED + LEASE_IS_OVER) as worker:
        answer = await worker.release(ann, "xero")

    tokens = await ann.tokens(hub, "xero")
    assert answer == digest_of(tokens.access.token).value
    assert tokens.refresh != before.refresh
    assert (await ann.link(hub, "xero")).attention is None
    assert (await sandbox.control.calls())[REFRESH] == 2


async def test_tokens_renewed_after_the_kill_go_on_working_once_the_grace_is_over(
    setup: Setup, sandbox: RunningSandbox, hub: Hub, ann: Somebody
) -> None:
    await ann.connect(hub, sandbox, "xero")
    await killed_after_the_answer(setup, sandbox, ann)
    async with restarted(setup, minutes_ahead=TOKENS_HAVE_EXPIRED + LEASE_IS_OVER) as worker:
        await worker.release(ann, "xero")

    await sandbox.control.move_clock(minutes=GRACE_IS_OVER)
    async with restarted(setup, minutes_ahead=TOKENS_HAVE_EXPIRED + LEASE_IS_OVER + GRACE_IS_OVER) as worker:
        answer = await worker.release(ann, "xero")

    assert answer == digest_of((await ann.tokens(hub, "xero")).access.token).value
    assert (await ann.grant(hub, "xero")).generation == 2


async def test_past_xeros_grace_the_user_is_told_the_truth_and_xero_is_not_asked_again(
    setup: Setup, sandbox: RunningSandbox, hub: Hub, ann: Somebody
) -> None:
    await ann.connect(hub, sandbox, "xero")
    await killed_after_the_answer(setup, sandbox, ann)
    await sandbox.control.move_clock(minutes=GRACE_IS_OVER)

    async with restarted(setup, minutes_ahead=TOKENS_HAVE_EXPIRED + GRACE_IS_OVER) as worker:
        answers = [await worker.release(ann, "xero") for _ in range(3)]

    assert answers == ["needs_attention"] * 3
    assert (await ann.link(hub, "xero")).attention is Attention.GRANT_ENDED
    assert (await sandbox.control.calls())[REFRESH] == 2
    later = attrs.evolve(setup, minutes_ahead=TOKENS_HAVE_EXPIRED + GRACE_IS_OVER).compose()
    await ann.connect(later, sandbox, "xero")
    await closed(later)
    assert (await ann.link(hub, "xero")).attention is None


async def test_a_grant_that_does_not_rotate_loses_nothing_at_all(
    setup: Setup, sandbox: RunningSandbox, hub: Hub, ann: Somebody
) -> None:
    await ann.connect(hub, sandbox, "google_sheets")
    await sandbox.control.move_clock(minutes=61)
    async with a_worker(attrs.evolve(setup, minutes_ahead=61, hangs_after_an_answer=True)) as worker:
        await worker.order((ann, "google_sheets", "read"))
        assert await worker.hears() == ANSWERED
        worker.process.kill()

    async with restarted(setup, minutes_ahead=62) as worker:
        answer = await worker.release(ann, "google_sheets")

    assert answer == digest_of((await ann.tokens(hub, "google_sheets")).access.token).value
