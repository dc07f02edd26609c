"""Keys are rotated by one process while tokens are renewed and released in another, and nothing is lost."""

from __future__ import annotations

import attrs
import pytest

from pip_hub.adapters.system.keys import new_key
from pip_hub.application.housekeeping.reseal_secrets import Resealed
from pip_hub.domain.secret import digest_of
from pip_hub.entrypoints.container import Hub
from tests.integration.refresh.installation import Setup, Somebody, closed
from tests.integration.refresh.processes import a_worker, is_held
from tests.support.sandbox import RunningSandbox

pytestmark = pytest.mark.anyio

PEOPLE = 8
LATER = 61
"""Minutes after which every token has expired."""
REFRESH = "google.token:refresh_token"


async def reseal(setup: Setup, keys: str) -> Resealed:
    """What `pip-hub keys rotate` does, in this process."""
    hub = attrs.evolve(setup, keys=keys).compose()
    resealed: Resealed = await hub.use_cases.reseal_secrets()()
    await closed(hub)
    return resealed


async def everybody(hub: Hub, sandbox: RunningSandbox) -> list[Somebody]:
    """People who have each connected Google Sheets, with tokens of their own."""
    people = [Somebody(name=f"person-{number}") for number in range(PEOPLE)]
    for person in people:
        await person.arrive(hub)
        await person.connect(hub, sandbox, "google_sheets")
    return people


@pytest.mark.parametrize("worker_seals_with", ["the new key", "the old key"])
async def test_resealing_while_another_process_renews_the_very_tokens_loses_nothing(
    setup: Setup, sandbox: RunningSandbox, hub: Hub, worker_seals_with: str
) -> None:
    people = await everybody(hub, sandbox)
    old, new = setup.keys, new_key()
    both = f"{new},{old}" if worker_seals_with == "the new key" else f"{old},{new}"
    await sandbox.control.move_clock(minutes=LATER)
    await sandbox.control.hang(REFRESH, times=PEOPLE)

    async with a_worker(attrs.evolve(setup, keys=both, minutes_ahead=LATER)) as worker:
        await worker.order(*[(person, "google_sheets", "read") for person in people])
        await is_held(sandbox, PEOPLE)
        # All tokens have been read and none is stored again: every row is resealed under the renewal's feet, and what
        # is left of everybody's trip to the provider besides.
        assert await reseal(setup, f"{new},{old}") == Resealed(resealed=2 * PEOPLE, unopenable=0)
        await sandbox.control.clear_faults()
        answers = await worker.hears()

    left = 0 if worker_seals_with == "the new key" else PEOPLE
    assert (await reseal(setup, f"{new},{old}")) == Resealed(resealed=left, unopenable=0)
    with_the_new_key_alone = attrs.evolve(setup, keys=new, minutes_ahead=LATER)
    reopened = with_the_new_key_alone.compose()
    tokens = [await person.tokens(reopened, "google_sheets") for person in people]
    assert answers == [digest_of(each.access.token).value for each in tokens]
    assert [(await person.link(reopened, "google_sheets")).attention for person in people] == [None] * PEOPLE
    await closed(reopened)
    async with a_worker(with_the_new_key_alone) as worker:
        assert await worker.release(people[0], "google_sheets") == answers[0]
    assert (await sandbox.control.calls())[REFRESH] == PEOPLE


async def test_releases_that_go_on_all_the_time_never_meet_a_secret_that_does_not_open(
    setup: Setup, sandbox: RunningSandbox, hub: Hub
) -> None:
    people = await everybody(hub, sandbox)
    wanted = [(person, "google_sheets", "read") for person in people]
    tokens = [await person.tokens(hub, "google_sheets") for person in people]
    keys = setup.keys

    async with a_worker(attrs.evolve(setup, keys=f"{keys},{(first := new_key())},{(second := new_key())}")) as worker:
        for newest in (first, second):
            keys = f"{newest},{keys}"
            await worker.order(*wanted * 5)
            assert (await reseal(setup, keys)).unopenable == 0
            assert await worker.hears() == [digest_of(each.access.token).value for each in tokens] * 5
