"""GET /activity: what happened on the account, in plain words."""

from datetime import timedelta
from typing import Any

import attrs
import pytest

from pip_hub.adapters.web.hub.activity_words import days
from pip_hub.application.activity.view_activity import ActivityLine
from pip_hub.domain.activity import ActivityEntry, ActivityKind
from pip_hub.domain.connector_link import Attention
from pip_hub.domain.identifiers import ConnectorKey, UserId
from pip_hub.domain.revocation import ForgetOutcome
from tests.builders import NOW
from tests.support.hub import ISSUER, Browser, MemoryHub

pytestmark = pytest.mark.anyio

ENTRY = ActivityEntry(
    user_id=UserId("user-1"),
    kind=ActivityKind.CONNECTED,
    connector=ConnectorKey("xero"),
    account="Demo Company (AU)",
    at=NOW,
    group="group-1",
)


def told(entry: ActivityEntry) -> str:
    (day,) = days([ActivityLine(entry=entry, connector_name="Xero", provider_name="Xero")], "Pip")
    (happening,) = day.happenings
    return f"{happening.who} {happening.what}"


@pytest.mark.parametrize(
    ("kind", "detail", "sentence"),
    [
        (ActivityKind.CONNECTED, "read", "You connected Xero: Demo Company (AU) (Read-only)."),
        (ActivityKind.CONNECTED, None, "You connected Xero: Demo Company (AU)."),
        (ActivityKind.LEVEL_CHANGED, "write", "You changed the access to Xero: Read and write."),
        (ActivityKind.ORGANISATION_CHOSEN, None, "You chose Demo Company (AU) for Xero."),
        (ActivityKind.NEEDS_ATTENTION, Attention.GRANT_ENDED, "Xero ended the connection to Demo Company (AU)."),
        (
            ActivityKind.NEEDS_ATTENTION,
            Attention.ORGANISATION_GONE,
            "Xero no longer gives access to Demo Company (AU).",
        ),
        (ActivityKind.DISCONNECTED, ForgetOutcome.REVOKED, "You disconnected Xero: Demo Company (AU)."),
        (
            ActivityKind.DISCONNECTED,
            ForgetOutcome.TRYING,
            "You disconnected Xero: Demo Company (AU). Xero has not confirmed yet.",
        ),
        (
            ActivityKind.REVOCATION_SETTLED,
            ForgetOutcome.REVOKED,
            "Xero confirmed that Pip’s access to Demo Company (AU) is gone.",
        ),
        (
            ActivityKind.REVOCATION_SETTLED,
            ForgetOutcome.GIVEN_UP,
            "Xero could not be told to forget Demo Company (AU). To be sure, remove Pip in your settings there.",
        ),
    ],
)
def test_each_kind_has_its_sentence(kind: ActivityKind, detail: str | None, sentence: str) -> None:
    assert told(attrs.evolve(ENTRY, kind=kind, detail=detail)) == sentence


@pytest.mark.parametrize("kind", [ActivityKind.DISCONNECTED, ActivityKind.REVOCATION_SETTLED])
@pytest.mark.parametrize("outcome", ForgetOutcome)
def test_every_outcome_at_a_provider_makes_a_sentence(kind: ActivityKind, outcome: ForgetOutcome) -> None:
    sentence = told(attrs.evolve(ENTRY, kind=kind, detail=outcome))
    assert sentence.endswith(".")
    assert "{" not in sentence


@pytest.mark.parametrize("kind", ActivityKind)
def test_every_kind_makes_a_sentence_without_any_detail(kind: ActivityKind) -> None:
    sentence = told(attrs.evolve(ENTRY, kind=kind, account=None))
    assert sentence.endswith(".")
    assert "None" not in sentence


@pytest.mark.parametrize(
    ("level", "count", "sentence"),
    [
        ("read", 14, "Claude read from Xero 14 times."),
        ("read", 1, "Claude read from Xero."),
        ("write", 2, "Claude used Xero with write access 2 times."),
    ],
)
def test_releases_are_one_line_with_a_count(level: str, count: int, sentence: str) -> None:
    released = attrs.evolve(ENTRY, kind=ActivityKind.RELEASED, detail=level, client="Claude", count=count)
    assert told(released) == sentence


async def keep(hub: MemoryHub, **changes: Any) -> None:
    """Let something be noted for the one user there is."""
    (user_id,) = hub.storage.tables.users
    async with hub.storage.unit_of_work() as work:
        await work.activity.add(attrs.evolve(ENTRY, user_id=user_id, at=hub.clock.now(), **changes))
        await work.commit()


async def test_an_account_on_which_nothing_happened_says_so(managing: Browser) -> None:
    page = await managing.open("/activity")
    assert page.status == 200
    assert "Nothing has happened yet." in page.text
    assert page.url == f"{ISSUER}/activity"


async def test_the_newest_comes_first_day_by_day(hub: MemoryHub, managing: Browser) -> None:
    await managing.connect("xero")
    for _ in range(3):
        hub.clock.advance(timedelta(hours=6))
        day = hub.clock.now().date()
        await keep(hub, kind=ActivityKind.RELEASED, detail="read", client="Claude", group=f"released:{day}")
    page = await managing.open("/activity")
    order = [
        "23 November 2026",
        "04:00 Claude read from Xero.",
        "22 November 2026",
        "22:00 Claude read from Xero 2 times.",
        "10:00 You connected Xero: Demo Company (AU) (Read-only).",
    ]
    places = [page.text.find(each) for each in order]
    assert -1 not in places
    assert places == sorted(places)
    assert "2026-11-23T04:00:00Z" in page.values("datetime")


async def test_what_was_done_on_the_hub_is_there(managing: Browser) -> None:
    await managing.connect("gmail")
    await managing.disconnect("gmail")
    page = await managing.open("/activity")
    assert "You disconnected Gmail: owner@example.com." in page.text
    assert "Google confirmed that Pip’s access to owner@example.com is gone." in page.text


async def test_names_are_only_text(hub: MemoryHub, managing: Browser) -> None:
    await keep(hub, kind=ActivityKind.RELEASED, detail="read", client="<img src=x onerror=alert(1)>")
    await keep(hub, account="<b>{brand}</b>", group="group-2")
    page = await managing.open("/activity")
    assert "<img src=x" not in page.html
    assert "<b>" not in page.html
    assert "You connected Xero: <b>{brand}</b>." in page.text


async def test_a_connector_that_is_gone_from_the_catalogue_keeps_its_lines(hub: MemoryHub, managing: Browser) -> None:
    await keep(hub, connector=ConnectorKey("old_one"))
    assert "You connected old_one: Demo Company (AU)." in (await managing.open("/activity")).text


async def test_nobody_sees_anothers_log(hub: MemoryHub, managing: Browser) -> None:
    await managing.connect("xero")
    other = hub.browser()
    await other.open("/activity")
    page = await other.register("other@example.com")
    assert "Demo Company" not in page.text


async def test_one_signs_in_and_comes_back(browser: Browser) -> None:
    page = await browser.open("/activity")
    assert page.url == f"{ISSUER}/sign-in?return_to=activity"
    page = await browser.register()
    assert page.url == f"{ISSUER}/activity"


async def test_the_hub_leads_there_and_from_there_back_into_the_flow(in_flow: Browser) -> None:
    hub_page = in_flow.page.url.removeprefix(ISSUER)
    (path,) = [href for href in in_flow.page.values("href") if href.startswith("/activity")]
    page = await in_flow.open(path)
    assert hub_page in page.values("href")
    assert (await in_flow.open(hub_page)).has("data-action", "continue")


@pytest.mark.parametrize("flow", ["%22%3E%3Cb%3E", "x" * 100, "https%3A%2F%2Fevil.example"])
async def test_what_is_no_flow_of_ours_is_not_carried_along(managing: Browser, flow: str) -> None:
    page = await managing.open(f"/activity?flow={flow}")
    assert page.values("href")[-1] == "/integrations"
    assert "evil" not in page.html
