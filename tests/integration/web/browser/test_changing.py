"""Changing a connection: its level, its organisation, what the provider holds, and all services of an account."""

import pytest

from pip_hub.domain.connector_link import Organisation, ProviderAccount
from pip_hub.domain.errors import ProviderUnreachable
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes
from tests.support.hub import ISSUER, Browser, MemoryHub

pytestmark = pytest.mark.anyio

HARBOUR = Organisation(id="org-1", name="Harbour & Sons", connection_id="connection-1")
QUAY = Organisation(id="org-2", name="Quay Ltd", connection_id="connection-2")
CHANGES = ["level", "organisation", "narrow", "disconnect"]


async def connected_for_writing(browser: Browser, connector: str) -> None:
    """Connect at the wider level."""
    url = await browser.send_and_leave(f"/integrations/{connector}", level="write")
    await browser.come_back(connector, url)


async def test_lowering_takes_effect_at_once_and_says_what_the_provider_still_holds(
    hub: MemoryHub, in_flow: Browser
) -> None:
    await connected_for_writing(in_flow, "xero")
    page = await in_flow.send("/xero/level", level="read")
    assert page.values("role") == ["status"]
    assert "✓ Xero: Read-only From now on Pip can read, and change nothing." in page.text
    assert "Xero still holds the wider permission you gave earlier." in page.text
    assert dict(in_flow.form("/xero/level").fields)["level"] == "read"
    assert len(hub.gateway.trips) == 1


async def test_raising_what_was_granted_before_needs_no_trip(hub: MemoryHub, in_flow: Browser) -> None:
    await connected_for_writing(in_flow, "xero")
    await in_flow.send("/xero/level", level="read")
    page = await in_flow.send("/xero/level", level="write")
    assert "✓ Xero: Read and write From now on Pip can read, and make changes." in page.text
    assert len(hub.gateway.trips) == 1


async def test_raising_what_was_never_granted_leads_to_the_provider_for_just_that(
    hub: MemoryHub, in_flow: Browser
) -> None:
    await in_flow.connect("xero")
    url = await in_flow.send_and_leave("/xero/level", level="write")
    assert url.startswith("https://login.xero.com/")
    assert "accounting.invoices" in hub.gateway.trips[-1].scopes
    assert "accounting.invoices.read" not in hub.gateway.trips[-1].scopes
    page = await in_flow.come_back("xero", url)
    assert dict(in_flow.form("/xero/level").fields)["level"] == "write"
    assert page.values("data-status")[0] == "connected"


async def test_a_program_is_told_in_json_where_a_change_leads(in_flow: Browser) -> None:
    page = await in_flow.connect("xero")
    fields = in_flow.form("/xero/level").fields
    answer = await in_flow.post(
        "/integrations/xero/level", dict(fields) | {"level": "write"}, Accept="application/json"
    )
    assert answer.json()["location"].startswith("https://login.xero.com/")
    answer = await in_flow.post("/integrations/xero/level", fields, Accept="application/json")
    assert answer.json() == {"location": page.url.removesuffix("&connected=xero")}


@pytest.mark.parametrize("level", ["", "admin", "READ"])
async def test_a_level_that_does_not_exist_changes_nothing(hub: MemoryHub, in_flow: Browser, level: str) -> None:
    await in_flow.connect("xero")
    form = in_flow.form("/xero/level")
    answer = await in_flow.post(form.action, dict(form.fields) | {"level": level})
    assert answer.status_code == 400
    assert "Choose one of those on its card" in answer.text
    assert len(hub.gateway.trips) == 1


async def test_an_organisation_is_chosen_and_can_be_changed(hub: MemoryHub, in_flow: Browser) -> None:
    hub.gateway.hand_out(ProviderAccount(subject="s", email="owner@example.com"), organisations=(HARBOUR, QUAY))
    await in_flow.connect("xero")
    page = await in_flow.send("/xero/organisation", organisation="org-2")
    assert page.values("data-status")[0] == "connected"
    assert "✓ Xero: Quay Ltd From now on Pip works with Quay Ltd." in page.text
    page = await in_flow.send("/xero/organisation", organisation="org-1")
    assert "✓ Connected: Harbour & Sons owner@example.com" in page.text


@pytest.mark.parametrize("organisation", ["", "org-3", "<script>alert(1)</script>"])
async def test_an_organisation_that_the_account_does_not_reach_is_refused(
    hub: MemoryHub, in_flow: Browser, organisation: str
) -> None:
    hub.gateway.hand_out(ProviderAccount(subject="s", email="owner@example.com"), organisations=(HARBOUR, QUAY))
    await in_flow.connect("xero")
    form = in_flow.form("/xero/organisation")
    answer = await in_flow.post(form.action, dict(form.fields) | {"organisation": organisation})
    assert answer.status_code == 400
    assert "Choose one of those on the card." in answer.text
    assert "<script" not in answer.text


async def test_names_of_organisations_are_only_text(hub: MemoryHub, in_flow: Browser) -> None:
    evil = Organisation(id='"><b>', name="<b>Harbour</b> \"'&", connection_id="c")
    hub.gateway.hand_out(ProviderAccount(subject="s", email="<i>@example.com"), organisations=(evil, QUAY))
    await in_flow.connect("xero")
    page = await in_flow.send("/xero/organisation", organisation='"><b>')
    assert "✓ Xero: <b>Harbour</b> \"'&" in page.text
    assert "<b>" not in page.html
    assert "<i>" not in page.html


async def test_reconnecting_with_less_revokes_first_and_then_asks_for_less(hub: MemoryHub, in_flow: Browser) -> None:
    await connected_for_writing(in_flow, "xero")
    await in_flow.send("/xero/level", level="read")
    url = await in_flow.send_and_leave("/xero/narrow")
    assert len(hub.gateway.revoked) == 1
    assert hub.gateway.trips[-1].scopes == hub.needed("xero", Level.READ)
    page = await in_flow.come_back("xero", url)
    assert "Xero disconnected. Xero has confirmed that Pip’s access is gone." in page.text
    assert "✓ Xero connected: Demo Company (AU)" in page.text
    assert "still holds" not in page.text


async def test_without_the_providers_word_nothing_is_asked_anew(hub: MemoryHub, in_flow: Browser) -> None:
    await connected_for_writing(in_flow, "xero")
    await in_flow.send("/xero/level", level="read")
    hub.gateway.fail_next("revoke", ProviderUnreachable(reason="503"))
    page = await in_flow.send("/xero/narrow")
    assert page.values("data-status")[0] == "not_connected"
    assert "Xero has not confirmed yet; we keep asking." in page.text
    assert len(hub.gateway.trips) == 1


async def test_a_shared_grant_is_not_narrowed_even_by_an_old_page(hub: MemoryHub, in_flow: Browser) -> None:
    await connected_for_writing(in_flow, "gmail")
    old_page = await in_flow.send("/gmail/level", level="read")
    await in_flow.connect("google_sheets")
    in_flow.page = old_page
    form = in_flow.form("/gmail/narrow")
    answer = await in_flow.post(form.action, form.fields)
    assert answer.status_code == 409
    assert "Another connection uses the same Google account" in answer.text
    assert hub.gateway.revoked == []


async def test_all_services_of_an_account_go_with_one_click_and_are_told_together(in_flow: Browser) -> None:
    await in_flow.connect("gmail")
    await in_flow.connect("google_sheets")
    page = await in_flow.press("data-action", "disconnect-all")
    assert page.values("data-status") == ["not_connected"] * 3
    assert page.values("role") == ["status"]
    assert "Gmail and Google Sheets disconnected. Google has confirmed that Pip’s access is gone." in page.text


async def test_only_the_word_all_takes_the_others_along(in_flow: Browser) -> None:
    await in_flow.connect("gmail")
    await in_flow.connect("google_sheets")
    form = in_flow.form("/gmail/disconnect")
    await in_flow.post(form.action, [*form.fields, ("all", "0")])
    page = await in_flow.open("/integrations")
    assert page.values("data-status") == ["not_connected", "not_connected", "connected"]


@pytest.mark.parametrize("what", ["level", "organisation", "narrow"])
async def test_there_has_to_be_something_to_change(in_flow: Browser, what: str) -> None:
    fields = dict(in_flow.form("/integrations/xero").fields) | {"organisation": "org-1"}
    answer = await in_flow.post(f"/integrations/xero/{what}", fields)
    assert answer.status_code == 409
    assert "Xero is not connected any more" in answer.text
    assert in_flow.page.url.removeprefix(ISSUER) in answer.text


@pytest.mark.parametrize("what", CHANGES)
async def test_an_unknown_connector_is_not_found(in_flow: Browser, what: str) -> None:
    fields = dict(in_flow.form("/integrations/xero").fields) | {"organisation": "org-1"}
    assert (await in_flow.post(f"/integrations/nothing/{what}", fields)).status_code == 404


@pytest.mark.parametrize("what", CHANGES)
async def test_no_other_site_can_change_anything(hub: MemoryHub, in_flow: Browser, what: str) -> None:
    await connected_for_writing(in_flow, "xero")
    fields = dict(in_flow.form("/xero/level").fields) | {"level": "read", "organisation": "organisation-1"}
    links = dict(hub.storage.tables.connector_links)
    path = f"/integrations/xero/{what}"
    assert (await in_flow.post(path, fields | {"csrf": "guessed"})).status_code == 403
    assert (await in_flow.post(path, fields, Origin="https://evil.example")).status_code == 403
    assert (await in_flow.post(path, fields, Sec_Fetch_Site="cross-site")).status_code == 403
    assert hub.storage.tables.connector_links == links


@pytest.mark.parametrize("what", CHANGES)
async def test_nobody_changes_anything_without_a_session(hub: MemoryHub, in_flow: Browser, what: str) -> None:
    await in_flow.connect("xero")
    fields = in_flow.form("/xero/level").fields
    answer = await hub.browser().post(f"/integrations/xero/{what}", fields)
    assert answer.status_code == 401
    assert "Sign in" in answer.text


@pytest.mark.parametrize("what", CHANGES)
async def test_a_page_of_a_flow_that_has_ended_changes_nothing(hub: MemoryHub, in_flow: Browser, what: str) -> None:
    await connected_for_writing(in_flow, "xero")
    fields = dict(in_flow.form("/xero/level").fields) | {"level": "read", "organisation": "organisation-1"}
    links = dict(hub.storage.tables.connector_links)
    hub.clock.advance(hub.policy.flow_lifetime)
    answer = await in_flow.post(f"/integrations/xero/{what}", fields)
    assert answer.status_code == 400
    assert "Invalid or expired flow" in answer.text
    assert hub.storage.tables.connector_links == links


@pytest.mark.parametrize("what", CHANGES)
async def test_another_users_connection_is_out_of_reach(hub: MemoryHub, in_flow: Browser, what: str) -> None:
    await in_flow.connect("xero")
    links = dict(hub.storage.tables.connector_links)
    other = hub.browser()
    await other.open("/integrations")
    await other.register("other@example.com")
    fields = dict(other.form("/integrations/xero").fields) | {"level": "write", "organisation": "organisation-1"}
    await other.post(f"/integrations/xero/{what}", fields)
    assert hub.storage.tables.connector_links == links


@pytest.mark.parametrize("what", CHANGES)
async def test_a_change_cannot_be_made_by_a_link(in_flow: Browser, what: str) -> None:
    assert (await in_flow.open(f"/integrations/xero/{what}")).status == 405


async def test_the_manage_page_changes_as_well_and_leads_back_to_the_app(hub: MemoryHub, managing: Browser) -> None:
    await connected_for_writing(managing, "gmail")
    page = await managing.send("/gmail/level", level="read")
    assert page.url == f"{ISSUER}/integrations"
    assert "If an app sent you here, you can go back to it now." in page.text
    assert Scopes.of("https://www.googleapis.com/auth/gmail.modify").is_within(hub.gateway.trips[0].scopes)
