"""The little of Gmail and Sheets that the sandbox has."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import pytest

from tests.integration.sandbox.apps import GMAIL, GMAIL_WRITE, SHEETS, SHEETS_WRITE, App, google_app
from tests.support.sandbox import running_sandbox

pytestmark = pytest.mark.anyio

MESSAGES = "/google/gmail/v1/users/me/messages"
SHEET = "/google/v4/spreadsheets/some-sheet/values"
METADATA = "https://www.googleapis.com/auth/gmail.metadata"


async def token_for(app: App, scope: str) -> str:
    token: str = (await app.connect(scope=f"openid {scope}"))["access_token"]
    return token


async def found(app: App, token: str, **query: str) -> list[str]:
    response = await app.get(f"{MESSAGES}?{urlencode(query)}", token)
    assert response.status_code == 200, response.text
    return [row["id"][-1] for row in response.json().get("messages", [])]


async def cells(app: App, token: str, area: str = "Sheet1") -> list[list[str]]:
    response = await app.get(f"{SHEET}/{quote(area)}", token)
    assert response.status_code == 200, response.text
    rows: list[list[str]] = response.json().get("values", [])
    return rows


async def append(app: App, token: str, values: object, *, option: str = "RAW", sheet: str = SHEET) -> httpx2.Response:
    return await app.sandbox.http.post(
        f"{sheet}/Sheet1:append?valueInputOption={option}",
        json={"values": values},
        headers={"Authorization": f"Bearer {token}"},
    )


def reason(response: httpx2.Response) -> str:
    [detail] = response.json()["error"]["details"]
    assert response.status_code == 403
    return str(detail["reason"])


@pytest.mark.parametrize(
    ("scope", "path", "is_allowed"),
    [
        (GMAIL, MESSAGES, True),
        (GMAIL_WRITE, MESSAGES, True),
        (SHEETS, MESSAGES, False),
        (SHEETS, f"{MESSAGES}/sandbox-message-1", False),
        (SHEETS, f"{SHEET}/Sheet1", True),
        (SHEETS_WRITE, f"{SHEET}/Sheet1", True),
        (GMAIL, f"{SHEET}/Sheet1", False),
    ],
)
async def test_the_apis_need_a_scope_that_reads(google: App, scope: str, path: str, *, is_allowed: bool) -> None:
    response = await google.get(path, await token_for(google, scope))

    if is_allowed:
        assert response.status_code == 200
    else:
        assert reason(response) == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["1", "2", "3", "4"]),
        ("invoice", ["1", "2", "4"]),
        ("INVOICE", ["1", "2", "4"]),
        ("invoice payment", ["2"]),
        ('"invoice 9711"', ["1"]),
        ("from:quayside", ["2"]),
        ('from:"marine systems" has:attachment', ["1"]),
        ("subject:invoice", ["1", "4"]),
        ("has:attachment", ["1", "4"]),
        ("is:unread", ["1"]),
        ("nothing-like-this", []),
        ("from:", []),
        ('"', []),
    ],
)
async def test_a_search_finds_what_fits_all_of_its_terms(google: App, query: str, ids: list[str]) -> None:
    token = await token_for(google, GMAIL)

    assert await found(google, token, q=query) == ids


async def test_a_search_can_be_cut_short(google: App) -> None:
    token = await token_for(google, GMAIL)

    assert await found(google, token, maxResults="2") == ["1", "2"]
    for most in ("0", "501", "-1", "many", "9" * 5000):
        assert (await google.get(f"{MESSAGES}?maxResults={most}", token)).status_code == 400


async def test_a_message_has_its_headers_and_a_snippet(google: App) -> None:
    token = await token_for(google, GMAIL)

    message: dict[str, Any] = (await google.get(f"{MESSAGES}/sandbox-message-1?format=metadata", token)).json()

    headers = {one["name"]: one["value"] for one in message["payload"]["headers"]}
    assert headers["Subject"] == "Invoice 9711 for November"
    assert headers["To"] == "Alex Rivera <alex@example.com>"
    assert "due on 1 December" in message["snippet"]
    assert message["labelIds"] == ["INBOX", "UNREAD"]


async def test_who_may_see_headers_only_sees_no_text_and_cannot_search(google: App) -> None:
    token = await token_for(google, METADATA)

    message = (await google.get(f"{MESSAGES}/sandbox-message-1", token)).json()

    assert "snippet" not in message
    assert await found(google, token) == ["1", "2", "3", "4"]
    assert reason(await google.get(f"{MESSAGES}?q=invoice", token)) == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


async def test_a_message_that_is_not_there_is_not_found(google: App) -> None:
    response = await google.get(f"{MESSAGES}/no-such-message", await token_for(google, GMAIL))

    assert (response.status_code, response.json()["error"]["status"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("area", "rows"),
    [
        ("Sheet1!A1:B2", [["Month", "Revenue"], ["August", "11,240.00"]]),
        ("A1:B2", [["Month", "Revenue"], ["August", "11,240.00"]]),
        ("'My costs'!C2:C3", [["8,310.50"], ["8,846.00"]]),
        ("A2", [["August"]]),
        ("A", [["Month"], ["August"], ["September"], ["October"]]),
        ("A3:B", [["September", "12,905.75"], ["October", "13,480.20"]]),
        ("B1:A1", []),
        ("F1:G9", []),
        ("A900:B950", []),
    ],
)
async def test_a_range_is_read_as_it_is_written(google: App, area: str, rows: list[list[str]]) -> None:
    assert await cells(google, await token_for(google, SHEETS), area) == rows


@pytest.mark.parametrize("area", ["Sheet1", "Budget 2026"])
async def test_a_sheets_name_alone_means_all_of_it(google: App, area: str) -> None:
    assert len(await cells(google, await token_for(google, SHEETS), area)) == 4


@pytest.mark.parametrize("area", ["Sheet1!", "Sheet1!1:2", "Sheet1!A0", "Sheet1!A1:", "!A1", "Sheet1!AA1"])
async def test_a_range_that_is_none_is_a_bad_request(google: App, area: str) -> None:
    response = await google.get(f"{SHEET}/{quote(area)}", await token_for(google, SHEETS))

    assert response.status_code == 400
    assert "Unable to parse range" in response.json()["error"]["message"]


async def test_appending_needs_a_scope_that_writes(google: App) -> None:
    response = await append(google, await token_for(google, SHEETS), [["a"]])

    assert reason(response) == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    assert len(await cells(google, await token_for(google, SHEETS))) == 4


async def test_an_appended_row_is_there_when_read_again_by_anybody(google: App) -> None:
    token = await token_for(google, SHEETS_WRITE)

    first = await append(google, token, [["November", 14020.5, None, True]])
    second = await append(google, token, [["December"], ["January", "0"]], option="USER_ENTERED")

    somebody_else = await google.connect(account="sam@example.org", scope=f"openid {SHEETS}")
    assert first.json()["tableRange"] == "Sheet1!A1:C4"
    assert first.json()["updates"] == {
        "spreadsheetId": "some-sheet",
        "updatedRange": "Sheet1!A5:D5",
        "updatedRows": 1,
        "updatedColumns": 4,
        "updatedCells": 4,
    }
    assert second.json()["updates"]["updatedRange"] == "Sheet1!A6:B7"
    assert await cells(google, somebody_else["access_token"], "A5:D9") == [
        ["November", "14020.5", "", "TRUE"],
        ["December"],
        ["January", "0"],
    ]


async def test_other_spreadsheets_stay_as_they_were(google: App) -> None:
    token = await token_for(google, SHEETS_WRITE)
    await append(google, token, [["November"]], sheet="/google/v4/spreadsheets/another/values")

    assert len(await cells(google, token)) == 4


@pytest.mark.parametrize(
    "values",
    [None, "a", [], {}, ["a"], [[]], [[[]]], [[{}]], [["x"] * 27]],
    ids=str,
)
async def test_values_that_are_no_rows_are_a_bad_request(google: App, values: object) -> None:
    response = await append(google, await token_for(google, SHEETS_WRITE), values)

    assert response.status_code == 400
    assert response.json()["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize("body", ["[]", "{}", "no", '{"values": [["a"]}'])
async def test_a_body_that_is_no_object_with_values_is_a_bad_request(google: App, body: str) -> None:
    headers = {
        "Authorization": f"Bearer {await token_for(google, SHEETS_WRITE)}",
        "Content-Type": "application/json",
    }
    url = f"{SHEET}/Sheet1:append?valueInputOption=RAW"

    assert (await google.sandbox.http.post(url, content=body, headers=headers)).status_code == 400


async def test_how_values_are_to_be_read_has_to_be_said(google: App) -> None:
    response = await append(google, await token_for(google, SHEETS_WRITE), [["a"]], option="")

    assert response.status_code == 400
    assert "valueInputOption" in response.json()["error"]["message"]


async def test_a_sheet_does_not_grow_without_end(google: App) -> None:
    token = await token_for(google, SHEETS_WRITE)

    answers = [(await append(google, token, [["x"]] * 500)).status_code for _ in range(2)]

    assert answers == [200, 400]


async def test_appended_rows_survive_a_restart(tmp_path: Path) -> None:
    state_file = tmp_path / "sandbox.json"
    async with running_sandbox(state_file=state_file) as sandbox:
        app = google_app(sandbox)
        await append(app, await token_for(app, SHEETS_WRITE), [["November", "14,020.50"]])
        assert (await sandbox.control.state())["google"]["appended_rows"] == {"some-sheet": 1}

    async with running_sandbox(state_file=state_file) as sandbox:
        app = google_app(sandbox)
        assert await cells(app, await token_for(app, SHEETS), "A5:B5") == [["November", "14,020.50"]]
