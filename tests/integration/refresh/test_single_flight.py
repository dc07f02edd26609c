"""Fifty releases in two processes, and tokens that have expired: the provider is asked once."""

from __future__ import annotations

import attrs
import pytest

from pip_hub.domain.secret import digest_of
from pip_hub.entrypoints.container import Hub
from tests.integration.refresh.installation import Setup, Somebody
from tests.integration.refresh.processes import a_worker, is_held
from tests.support.sandbox import RunningSandbox

pytestmark = pytest.mark.anyio

EACH = 25


@attrs.frozen
class Case:
    """Tokens of a connector at a level, wanted at a level; and where they are renewed."""

    connector: str
    level: str
    wanted: str
    endpoint: str


CASES = {
    "a rotating token": Case("xero", "read", "read", "xero.token:refresh_token"),
    "a token that stays": Case("google_sheets", "write", "write", "google.token:refresh_token"),
    "a narrow token": Case("google_sheets", "write", "read", "google.token:refresh_token"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_fifty_releases_in_two_processes_cause_exactly_one_refresh(
    setup: Setup, sandbox: RunningSandbox, hub: Hub, ann: Somebody, case: Case
) -> None:
    await ann.connect(hub, sandbox, case.connector, case.level)
    await sandbox.control.move_clock(minutes=61)
    later = attrs.evolve(setup, minutes_ahead=61)
    await sandbox.control.hang(case.endpoint)

    async with a_worker(later) as one, a_worker(later) as other:
        # The provider does not answer the first call before both processes are at all of it.
        await one.order(*[(ann, case.connector, case.wanted)] * EACH)
        await other.order(*[(ann, case.connector, case.wanted)] * EACH)
        await is_held(sandbox)
        await sandbox.control.clear_faults()
        answers = [*await one.hears(), *await other.hears()]

    tokens = await ann.tokens(hub, case.connector)
    access = tokens.access if case.wanted == case.level else tokens.narrow
    assert access is not None
    assert answers == [digest_of(access.token).value] * 2 * EACH
    assert (await sandbox.control.calls())[case.endpoint] == 1
    grant = await ann.grant(hub, case.connector)
    assert (grant.generation, grant.lease_until) == (1, None)
