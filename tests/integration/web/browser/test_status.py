"""GET /integrations/status: the hub page in JSON."""

import pytest

from pip_hub.domain.connector_link import Attention
from pip_hub.domain.permission import Level
from tests.support.hub import EMAIL, ISSUER, Browser, MemoryHub

pytestmark = pytest.mark.anyio


async def test_the_status_is_the_page_in_json(in_flow: Browser) -> None:
    flow_id = in_flow.page.url.partition("flow=")[2]
    await in_flow.connect("xero")
    await in_flow.open(f"/integrations/status?flow={flow_id}")
    status = in_flow.response.json()
    assert status["user"] == {"email": EMAIL}
    assert status["flow"] == {"id": flow_id, "client": "Sample client", "expires_at": "2026-11-22T10:30:00Z"}
    granted = status["connectors"]["xero"].pop("granted")
    assert "accounting.invoices.read" in granted
    assert status["connectors"]["xero"] == {
        "name": "Xero",
        "status": "connected",
        "connected": True,
        "account": "Demo Company (AU)",
        "email": "owner@example.com",
        "level": "read",
        "connected_at": "2026-11-22T10:00:00Z",
        "last_used_at": None,
        "attention": None,
    }
    assert status["connectors"]["gmail"] == {
        "name": "Gmail",
        "status": "not_connected",
        "connected": False,
        "account": None,
        "email": None,
        "level": None,
        "granted": [],
        "connected_at": None,
        "last_used_at": None,
        "attention": None,
    }


@pytest.mark.parametrize(
    ("changes", "status", "attention"),
    [
        ({}, "connected", None),
        ({"level": Level.WRITE}, "limited", None),
        ({"attention": Attention.GRANT_ENDED}, "needs_attention", "grant_ended"),
        ({"attention": Attention.ORGANISATION_GONE}, "needs_attention", "organisation_gone"),
        ({"attention": Attention.ORGANISATION_NOT_CHOSEN}, "needs_attention", "organisation_not_chosen"),
    ],
)
async def test_the_status_says_what_needs_attention_in_the_words_of_the_card(
    hub: MemoryHub, managing: Browser, changes: dict[str, object], status: str, attention: str | None
) -> None:
    await managing.connect("xero")
    await hub.change_link("xero", **changes)
    await managing.open("/integrations/status")
    card = managing.response.json()["connectors"]["xero"]
    assert (card["status"], card["attention"], card["connected"]) == (status, attention, True)
    page = await managing.open("/integrations")
    assert page.values("data-status")[0] == status


async def test_the_status_without_a_flow_and_without_a_session(managing: Browser, hub: MemoryHub) -> None:
    await managing.open("/integrations/status")
    assert managing.response.json()["flow"] is None
    stranger = hub.browser()
    await stranger.open("/integrations/status")
    assert stranger.response.status_code == 401
    assert stranger.response.json()["error"] == "not_signed_in"


async def test_the_status_of_a_flow_that_is_not_open_is_refused_in_json(managing: Browser) -> None:
    await managing.open("/integrations/status?flow=unknown")
    assert managing.response.status_code == 400
    assert managing.response.json()["error"] == "flow_not_open"


async def test_the_status_leaves_the_banner_for_the_page(in_flow: Browser) -> None:
    url = await in_flow.send_out("xero")
    flow = in_flow.page.url.removeprefix(ISSUER)
    state = url.partition("state=")[2].partition("&")[0]
    await in_flow.http.get(f"{ISSUER}/integrations/xero/callback?code=c&state={state}")
    await in_flow.open("/integrations/status")
    await in_flow.http.head(f"{ISSUER}/integrations")
    await in_flow.http.get(f"{ISSUER}/integrations", headers={"Sec-Purpose": "prefetch;prerender"})
    page = await in_flow.open(flow)
    assert "✓ Xero connected: Demo Company (AU)" in page.text
