"""Xero's connections and the little of its accounting API that the sandbox has."""

import re
from typing import Any

import pytest

from tests.integration.sandbox.apps import XERO_SCOPE, App
from tests.support.sandbox import RunningSandbox

pytestmark = pytest.mark.anyio

DEMO, BAKERY = "Demo Company (AU)", "Harbour Street Bakery"
INVOICES, ORGANISATION = "/xero/api.xro/2.0/Invoices", "/xero/api.xro/2.0/Organisation"


async def delete(app: App, connection_id: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return (await app.sandbox.http.delete(f"/xero/connections/{connection_id}", headers=headers)).status_code


async def test_each_flow_adds_one_organisation_and_names_the_one_it_added(xero: App) -> None:
    first = await xero.connect(organisation=DEMO)
    second = await xero.connect(organisation=BAKERY)

    event = (await xero.claims(second["access_token"]))["authentication_event_id"]
    everything = await xero.connections(first["access_token"])
    added = await xero.connections(second["access_token"], authEventId=event)
    assert [row["tenantName"] for row in everything] == [DEMO, BAKERY]
    assert [(row["tenantName"], row["tenantType"]) for row in added] == [(BAKERY, "ORGANISATION")]


async def test_connecting_an_organisation_again_keeps_its_row_and_gives_it_the_new_event(xero: App) -> None:
    [before] = await xero.connections((await xero.connect(organisation=DEMO))["access_token"])
    tokens = await xero.connect(organisation=DEMO)

    [after] = await xero.connections(tokens["access_token"])

    assert (after["id"], after["tenantId"]) == (before["id"], before["tenantId"])
    assert after["authEventId"] == (await xero.claims(tokens["access_token"]))["authentication_event_id"]
    assert after["authEventId"] != before["authEventId"]


async def test_dates_have_seven_decimals_and_no_zone(xero: App) -> None:
    [row] = await xero.connections((await xero.connect())["access_token"])

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}", row["createdDateUtc"])


async def test_deleting_a_connection_ends_that_one_only_and_the_token_lives_on(xero: App) -> None:
    await xero.connect(organisation=DEMO)
    tokens = await xero.connect(organisation=BAKERY)
    demo, bakery = await xero.connections(tokens["access_token"])

    answers = [await delete(xero, demo["id"], tokens["access_token"]) for _ in range(2)]

    assert answers == [204, 404]
    assert await xero.connections(tokens["access_token"]) == [bakery]
    assert (await xero.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_connection_of_somebody_else_cannot_be_deleted(xero: App) -> None:
    mine = await xero.connect()
    theirs = await xero.connect(account="sam@example.org")
    [row] = await xero.connections(mine["access_token"])

    assert await delete(xero, row["id"], theirs["access_token"]) == 404
    assert await xero.connections(mine["access_token"]) == [row]


async def test_a_disconnect_inside_xero_leaves_a_valid_token_with_an_empty_list(xero: App) -> None:
    tokens = await xero.connect(organisation=DEMO)

    assert await xero.sandbox.control.disconnect_xero(organisation=DEMO, user="alex@example.com") == 1

    assert await xero.connections(tokens["access_token"]) == []
    assert (await xero.refresh(tokens["refresh_token"])).status_code == 200


async def test_an_access_token_expires_after_thirty_minutes(xero: App) -> None:
    token = (await xero.connect())["access_token"]
    await xero.sandbox.control.move_clock(minutes=30)

    response = await xero.get("/xero/connections", token)

    assert response.status_code == 401
    assert "TokenExpired" in response.json()["Detail"]


async def test_only_an_access_token_of_this_provider_opens_the_api(xero: App, google: App) -> None:
    id_token = (await xero.connect())["id_token"]
    of_google = (await google.connect())["access_token"]

    answers = [await xero.get("/xero/connections", token) for token in (id_token, of_google, "x.y.z")]
    nothing = await xero.sandbox.http.get("/xero/connections")

    assert {response.status_code for response in [*answers, nothing]} == {401}


async def test_api_calls_need_the_tenant_of_a_connected_organisation(xero: App) -> None:
    tokens = await xero.connect(organisation=BAKERY)
    [row] = await xero.connections(tokens["access_token"])
    demo = "7b1c9d20-0000-4000-8000-0000000000a1"

    right = await xero.get(ORGANISATION, tokens["access_token"], **{"Xero-Tenant-Id": row["tenantId"]})
    wrong = await xero.get(ORGANISATION, tokens["access_token"], **{"Xero-Tenant-Id": demo})
    missing = await xero.get(ORGANISATION, tokens["access_token"])

    assert right.json()["Organisations"][0]["Name"] == BAKERY
    assert (wrong.status_code, missing.status_code) == (403, 403)
    assert wrong.json()["Detail"] == "AuthenticationUnsuccessful"


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("accounting.invoices.read", 200),
        ("accounting.invoices", 200),
        ("accounting.contacts.read", 401),
    ],
)
async def test_invoices_need_a_scope_that_reads_them(xero: App, scope: str, status: int) -> None:
    token = (await xero.connect(scope=f"openid {scope}"))["access_token"]
    [row] = await xero.connections(token)

    response = await xero.get(INVOICES, token, **{"Xero-Tenant-Id": row["tenantId"]})

    assert response.status_code == status
    if status == 401:
        assert response.json()["Detail"] == "AuthorizationUnsuccessful"
        assert "insufficent_scope" in response.headers["www-authenticate"]


async def invoices(app: App, query: str = "", *, organisation: str = DEMO) -> dict[str, Any]:
    token = (await app.connect(organisation=organisation))["access_token"]
    rows = await app.connections(token)
    (tenant,) = (row["tenantId"] for row in rows if row["tenantName"] == organisation)
    response = await app.get(f"{INVOICES}{query}", token, **{"Xero-Tenant-Id": tenant})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def test_each_organisation_has_invoices_of_its_own_whose_sums_are_right(xero: App) -> None:
    demo, bakery = await invoices(xero, organisation=DEMO), await invoices(xero, organisation=BAKERY)

    everything = [*demo["Invoices"], *bakery["Invoices"]]
    assert len({one["InvoiceID"] for one in everything}) == len(everything) == 9
    assert {one["CurrencyCode"] for one in demo["Invoices"]} == {"AUD"}
    assert {one["CurrencyCode"] for one in bakery["Invoices"]} == {"NZD"}
    for one in everything:
        assert round(one["SubTotal"] + one["TotalTax"] - one["Total"], 2) == 0
        assert round(one["AmountPaid"] + one["AmountDue"] - one["Total"], 2) == 0
        assert (one["Status"] == "PAID") is (one["AmountDue"] == 0)
    assert demo == await invoices(xero, organisation=DEMO)


@pytest.mark.parametrize(
    ("query", "numbers", "pages"),
    [
        ("", ["INV-0031", "INV-0032", "INV-0033", "INV-0034", "INV-0035", "INV-0036"], 1),
        ("?page=1&pageSize=4", ["INV-0031", "INV-0032", "INV-0033", "INV-0034"], 2),
        ("?page=2&pageSize=4", ["INV-0035", "INV-0036"], 2),
        ("?page=3&pageSize=4", [], 2),
    ],
)
async def test_invoices_come_in_pages(xero: App, query: str, numbers: list[str], pages: int) -> None:
    answer = await invoices(xero, query)

    assert [one["InvoiceNumber"] for one in answer["Invoices"]] == numbers
    assert (answer["pagination"]["itemCount"], answer["pagination"]["pageCount"]) == (6, pages)


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=one", "pageSize=1001", f"pageSize={'9' * 5000}"])
async def test_a_page_that_cannot_be_is_a_bad_request(xero: App, query: str) -> None:
    token = (await xero.connect(organisation=DEMO))["access_token"]
    [row] = await xero.connections(token)

    response = await xero.get(f"{INVOICES}?{query}", token, **{"Xero-Tenant-Id": row["tenantId"]})

    assert response.status_code == 400


async def test_an_access_token_can_leave_out_which_organisation_was_chosen(xero: App) -> None:
    await xero.sandbox.control.tell_organisation(told=False)
    silent = await xero.connect(organisation=DEMO)
    await xero.sandbox.control.tell_organisation(told=True)
    telling = await xero.connect(organisation=BAKERY)

    assert "authentication_event_id" not in await xero.claims(silent["access_token"])
    assert "authentication_event_id" in await xero.claims(telling["access_token"])
    assert len(await xero.connections(silent["access_token"])) == 2


async def test_resetting_the_demo_company_ends_its_old_tenant(xero: App) -> None:
    tokens = await xero.connect(organisation=DEMO)
    [before] = await xero.connections(tokens["access_token"])
    await xero.sandbox.control.reset_organisation(DEMO)

    response = await xero.get(INVOICES, tokens["access_token"], **{"Xero-Tenant-Id": before["tenantId"]})
    again = await xero.connect(organisation=DEMO)

    [after] = await xero.connections(again["access_token"])
    assert response.status_code == 403
    assert after["tenantId"] != before["tenantId"]


async def test_userinfo_says_who_the_token_belongs_to(sandbox: RunningSandbox, xero: App) -> None:
    known = await xero.get("/xero/connect/userinfo", (await xero.connect(scope=XERO_SCOPE))["access_token"])
    nameless = await xero.connect(account="sam@example.org", scope="accounting.settings.read")

    assert known.json()["email"] == "alex@example.com"
    assert (await xero.get("/xero/connect/userinfo", nameless["access_token"])).status_code == 403
    assert (await sandbox.http.get("/xero/connect/userinfo")).status_code == 401
