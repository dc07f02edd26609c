"""The user's own log: what happened, newest first, and to nobody else."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.application.activity.view_activity import SHOWN, ActivityView, ViewActivityCommand
from pip_hub.domain.activity import ActivityEntry, ActivityKind
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.errors import NotSignedIn, ProviderUnreachable
from tests.builders import an_activity_entry
from tests.support.connected import activity_of, change_level, release
from tests.support.core import ANN, BOB, Core, a_core

pytestmark = pytest.mark.anyio


async def test_a_whole_story_is_told_newest_first() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "xero", level="write")
    core.wait(minutes=1)
    await release(core, scope="write")
    core.wait(minutes=1)
    await change_level(core, visitor, "read")
    core.wait(minutes=1)
    core.gateway.fail_next("revoke", ProviderUnreachable(reason="down"))
    await core.disconnect(visitor, "xero")
    core.wait(minutes=1)
    await core.uses.retry_revocations()()

    told = [(entry.kind, entry.detail) for entry in await activity_of(core, visitor)]

    assert told == [
        (ActivityKind.REVOCATION_SETTLED, "revoked"),
        (ActivityKind.DISCONNECTED, "trying"),
        (ActivityKind.LEVEL_CHANGED, "read"),
        (ActivityKind.RELEASED, "write"),
        (ActivityKind.CONNECTED, "write"),
    ]


async def test_the_page_is_the_signed_in_users_with_names_as_people_know_them() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "sheets")

    view = await core.uses.view_activity()(ViewActivityCommand(visitor=visitor))

    (line,) = view.lines
    assert view == ActivityView(email=ANN, lines=(line,))
    assert (line.connector_name, line.provider_name) == ("Google Sheets", "Google")
    assert (line.entry.account, line.entry.at) == ("owner@example.com", core.clock.now())


async def test_a_connector_that_is_no_longer_in_the_catalogue_is_told_by_its_key() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "notes")

    later = core.restarted(catalogue=ConnectorCatalogue(()))
    (line,) = (await later.uses.view_activity()(ViewActivityCommand(visitor=visitor))).lines

    assert (line.connector_name, line.provider_name) == ("notes", "notes")


async def test_nobody_sees_what_happened_to_somebody_else() -> None:
    core = a_core()
    await core.connect(await core.sign_in(ANN), "xero")

    assert await activity_of(core, await core.sign_in(BOB)) == []


async def test_without_a_session_there_is_no_log() -> None:
    core = a_core()

    with pytest.raises(NotSignedIn):
        await activity_of(core, core.a_browser())


async def test_a_long_log_shows_its_newest_lines() -> None:
    core = a_core()
    visitor = await core.sign_in()
    entries = [log(core, number) for number in range(SHOWN + 10)]

    assert await activity_of(core, visitor) == entries[:9:-1]


async def test_looking_at_the_log_keeps_the_session_alive() -> None:
    core = a_core()
    visitor = await core.sign_in()

    for _ in range(3):
        core.wait(days=29)
        await activity_of(core, visitor)


async def test_what_happened_is_kept_for_ninety_days() -> None:
    core = a_core()
    visitor = await core.sign_in()
    entry = log(core, 0)
    core.clock.advance(timedelta(days=90) - timedelta(days=1))
    await core.uses.purge_expired()()
    assert entry in await activity_of(core, await core.sign_in(visitor=visitor))

    core.wait(days=3)
    await core.uses.purge_expired()()

    assert await activity_of(core, await core.sign_in(visitor=visitor)) == []


def log(core: Core, number: int) -> ActivityEntry:
    """One more line in Ann's log, a minute after the one before."""
    (user,) = [user for user in core.tables.users.values() if user.email.value == ANN]
    entry = attrs.evolve(
        an_activity_entry(), user_id=user.id, at=core.clock.now() + timedelta(minutes=number), group=f"line-{number}"
    )
    core.tables.activity[user.id, entry.group] = entry
    return entry
