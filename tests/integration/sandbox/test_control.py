"""Making the providers misbehave, and looking at what exists."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import anyio
import httpx2
import pytest

from tests.integration.sandbox.apps import App
from tests.support.forms import Page, parse
from tests.support.sandbox import RunningSandbox, param

pytestmark = pytest.mark.anyio

CERTS = "/google/oauth2/v3/certs"


@asynccontextmanager
async def a_call_that_hangs(sandbox: RunningSandbox, path: str, answers: list[int]) -> AsyncIterator[anyio.CancelScope]:
    """A GET in the background, already held by the sandbox; its status is added to `answers` if it ever comes."""

    async def call() -> None:
        answers.append((await sandbox.http.get(path, timeout=None)).status_code)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call)
        await holding(sandbox, 1)
        yield tasks.cancel_scope


async def holding(sandbox: RunningSandbox, wanted: int) -> None:
    while (await sandbox.control.state())["holding"] != wanted:
        pass


async def test_a_failure_is_met_once_and_then_everything_works(sandbox: RunningSandbox) -> None:
    await sandbox.control.fail("google.certs", status=503, retry_after=7)

    first, second = await sandbox.http.get(CERTS), await sandbox.http.get(CERTS)

    assert (first.status_code, first.headers["retry-after"]) == (503, "7")
    assert second.status_code == 200


async def test_a_failure_can_last_several_calls_or_until_it_is_cleared(sandbox: RunningSandbox) -> None:
    await sandbox.control.fail("google.certs", times=2)
    await sandbox.control.fail("google.certs", status=502, times=None)

    statuses = [(await sandbox.http.get(CERTS)).status_code for _ in range(4)]
    await sandbox.control.clear_faults()

    assert statuses == [500, 500, 502, 502]
    assert (await sandbox.http.get(CERTS)).status_code == 200


async def test_a_fault_of_one_endpoint_or_grant_type_leaves_the_others_alone(google: App) -> None:
    tokens = await google.connect()
    await google.sandbox.control.fail("google.token:refresh_token", times=None)

    assert (await google.refresh(tokens["refresh_token"])).status_code == 500
    assert "access_token" in await google.connect()
    assert (await google.sandbox.http.get(CERTS)).status_code == 200


async def test_too_many_requests_at_xero_name_the_limit(xero: App) -> None:
    token = (await xero.connect())["access_token"]
    await xero.sandbox.control.fail("xero.connections", status=429, retry_after=30)

    response = await xero.get("/xero/connections", token)

    assert (response.status_code, response.headers["x-rate-limit-problem"]) == (429, "minute")


async def test_a_call_that_hangs_is_answered_when_it_is_let_go(sandbox: RunningSandbox) -> None:
    answers: list[int] = []
    await sandbox.control.hang("google.certs")

    async with a_call_that_hangs(sandbox, CERTS, answers):
        assert answers == []
        await sandbox.control.clear_faults()

    assert answers == [200]


async def test_a_call_that_hangs_notices_that_its_caller_gave_up(sandbox: RunningSandbox) -> None:
    answers: list[int] = []
    await sandbox.control.hang("google.certs")

    async with a_call_that_hangs(sandbox, CERTS, answers) as call:
        call.cancel()
    await holding(sandbox, 0)

    assert answers == []


async def test_a_call_given_up_while_it_hung_has_done_nothing(xero: App) -> None:
    token = (await xero.connect())["refresh_token"]
    await xero.sandbox.control.hang("xero.token:refresh_token")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(xero.refresh, token)
        await holding(xero.sandbox, 1)
        tasks.cancel_scope.cancel()
    await holding(xero.sandbox, 0)

    [known] = (await xero.sandbox.control.state())["xero"]["refresh_tokens"]
    assert known["replaced"] is False


async def test_a_call_may_hang_for_a_time_and_then_work(sandbox: RunningSandbox) -> None:
    await sandbox.control.hang("google.certs", seconds=0)

    assert (await sandbox.http.get(CERTS)).status_code == 200


async def test_a_lost_answer_has_done_its_work_and_xero_lets_the_old_token_ask_again(xero: App) -> None:
    token = (await xero.connect())["refresh_token"]
    await xero.sandbox.control.lose_answer("xero.token:refresh_token")

    with pytest.raises(httpx2.TransportError):
        await xero.refresh(token)

    tokens = (await xero.sandbox.control.state())["xero"]["refresh_tokens"]
    assert sorted(one["replaced"] for one in tokens) == [False, True]
    assert (await xero.refresh(token)).status_code == 200


async def test_an_answer_can_be_lost_in_silence(google: App) -> None:
    tokens = await google.connect()
    await google.sandbox.control.lose_answer("google.revoke", how="silence")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(lambda: google.sandbox.http.post("/google/revoke", data={"token": tokens["access_token"]}))
        await holding(google.sandbox, 1)
        tasks.cancel_scope.cancel()
    await holding(google.sandbox, 0)

    assert (await google.sandbox.control.state())["google"]["consents"] == []


async def test_a_refusal_can_be_lost_too(google: App) -> None:
    await google.sandbox.control.lose_answer("google.token")

    with pytest.raises(httpx2.TransportError):
        await google.refresh("made-up")


@pytest.mark.parametrize(
    ("detail", "status", "media_type", "start"),
    [
        ("html", 200, "text/html; charset=utf-8", "<!doctype html>"),
        ("empty", 200, "application/json", ""),
        ("json_without_error", 400, "application/json", '{"message"'),
        ("error_in_200", 200, "application/json", '{"error"'),
        ("list", 200, "application/json", "["),
        ("broken_json", 200, "application/json", '{"access_token'),
    ],
)
async def test_an_endpoint_can_answer_garbage(
    google: App, detail: str, status: int, media_type: str, start: str
) -> None:
    code = await google.code()
    await google.sandbox.control.garbage("google.token", detail)

    response = await google.redeem(code)

    assert (response.status_code, response.headers["content-type"]) == (status, media_type)
    assert response.text.startswith(start)
    assert (await google.redeem(code)).status_code == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [("invalid_grant", 400), ("invalid_client", 401), ("invalid_scope", 400), ("unauthorized_client", 400)],
)
async def test_an_endpoint_can_refuse_in_oauths_words(xero: App, error: str, status: int) -> None:
    token = (await xero.connect())["refresh_token"]
    await xero.sandbox.control.refuse("xero.token:refresh_token", error)

    refused = await xero.refresh(token)

    assert (refused.status_code, refused.json()) == (status, {"error": error})
    assert (await xero.refresh(token)).status_code == 200


async def test_an_authorization_can_be_denied_at_once(xero: App, google: App) -> None:
    for app in (xero, google):
        await app.sandbox.control.deny(f"{app.provider}.authorize")
        callback = await app.sandbox.person.grant(app.authorize_url())

        assert (param(callback, "error"), param(callback, "state")) == ("access_denied", "the-state")


@pytest.mark.parametrize("reason", ["admin_policy_enforced", "org_internal"])
async def test_an_authorization_can_be_blocked_on_the_providers_own_page(google: App, xero: App, reason: str) -> None:
    for app in (google, xero):
        await app.sandbox.control.block(f"{app.provider}.authorize", reason)
        page = await app.sandbox.person.visit(app.authorize_url())

        assert isinstance(page, Page)
        assert reason in page.values("data-error")[0]


async def test_calls_are_counted_by_endpoint_and_grant_type(xero: App) -> None:
    tokens = await xero.connect()
    await xero.refresh(tokens["refresh_token"])
    await xero.refresh("made-up")

    calls = await xero.sandbox.control.calls()

    assert calls["xero.authorize"] == 1
    assert calls["xero.token"] == 3
    assert calls["xero.token:authorization_code"] == 1
    assert calls["xero.token:refresh_token"] == 2


async def test_the_state_shows_what_exists_but_no_token(xero: App, google: App) -> None:
    tokens = [await xero.connect(), await google.connect()]

    response = await xero.sandbox.http.get("/control/api/state")
    page = await xero.sandbox.http.get("/control")

    state = response.json()
    assert state["xero"]["connections"][0]["organisation"] == "Demo Company (AU)"
    assert state["google"]["consents"][0]["user"] == "alex@example.com"
    assert (len(state["google"]["refresh_tokens"]), state["google"]["access_tokens"]) == (1, 1)
    for one in tokens:
        for secret in (one["access_token"], one["refresh_token"], one["id_token"]):
            assert secret not in response.text
            assert secret not in page.text


async def test_a_reset_forgets_everything_but_the_keys(google: App) -> None:
    await google.connect()
    key = (await google.sandbox.http.get(CERTS)).json()
    await google.sandbox.control.move_clock(days=3)
    await google.sandbox.control.fail("google.certs", times=None)

    await google.sandbox.control.reset()

    state = await google.sandbox.control.state()
    assert (state["calls"], state["faults"], state["clock_offset"]) == ({}, [], 0)
    assert state["google"] == {"consents": [], "refresh_tokens": [], "access_tokens": 0, "appended_rows": {}}
    assert (await google.sandbox.http.get(CERTS)).json() == key


@pytest.mark.parametrize(
    ("action", "asked", "hint"),
    [
        ("faults", {"endpoint": "xero.everything", "kind": "fail"}, "endpoint must be one of"),
        ("faults", {"endpoint": "xero.token", "kind": "explode"}, "kind must be one of"),
        ("faults", {"endpoint": "xero.token", "kind": "deny"}, "authorize only"),
        ("faults", {"endpoint": "xero.token", "kind": "garbage", "detail": "poetry"}, "detail must be one of"),
        ("faults", {"endpoint": "xero.token", "kind": "fail", "status": 200}, "status must be a whole number"),
        ("faults", {"endpoint": "xero.token", "kind": "fail", "times": 0}, "times must be"),
        ("faults", {"endpoint": "xero.token", "kind": "fail", "times": True}, "times must be"),
        ("faults", {"endpoint": "xero.token", "kind": "hang", "seconds": "soon"}, "seconds must be"),
        ("faults", {"endpoint": "xero.token", "kind": "hang", "seconds": "--5"}, "seconds must be"),
        ("faults", {"endpoint": "xero.token", "kind": "hang", "seconds": "9" * 5000}, "seconds must be"),
        ("clock", {"days": -1}, "days must be"),
        ("clock", {"days": 1e400}, "days must be"),
        ("xero/disconnect", {"user": "nobody@example.com"}, "no such user"),
        ("xero/disconnect", {"organisation": ["a"]}, "must be a text"),
        ("xero/tell-organisation", {}, "told must be"),
        ("xero/tell-organisation", {"told": "perhaps"}, "told must be"),
        ("xero/reset-organisation", {}, "organisation must be"),
        ("google/remove-app", {"account": "nobody@example.com"}, "no such account"),
    ],
)
async def test_a_mistake_is_answered_with_what_would_be_right(
    sandbox: RunningSandbox, action: str, asked: dict[str, object], hint: str
) -> None:
    body = str(asked).replace("'", '"').replace("True", "true").replace("inf", "1e999")
    response = await sandbox.http.post(
        f"/control/api/{action}", content=body, headers={"Content-Type": "application/json"}
    )

    assert response.status_code == 400
    assert hint in response.json()["error"]


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        ("{}", "text/plain", 415),
        ("[]", "application/json", 400),
        ("{", "application/json", 400),
        ('"' + "x" * 65536, "application/json", 413),
    ],
)
async def test_only_json_objects_are_taken(sandbox: RunningSandbox, body: str, media_type: str, status: int) -> None:
    response = await sandbox.http.post("/control/api/reset", content=body, headers={"Content-Type": media_type})

    assert response.status_code == status
    assert response.json()["error"]


async def submit(sandbox: RunningSandbox, action: str, **fields: str) -> httpx2.Response:
    headers = {"Origin": sandbox.url, "Content-Type": "application/x-www-form-urlencoded"}
    return await sandbox.http.post(f"/control/{action}", content=urlencode(fields), headers=headers)


async def test_a_person_sets_and_clears_faults_on_the_page(sandbox: RunningSandbox) -> None:
    set_ = await submit(
        sandbox, "faults", endpoint="google.certs", misbehaviour="garbage:list", times="", status="503", seconds=""
    )
    page = parse("/control", 200, (await sandbox.http.get(set_.headers["location"])).text)
    answer = (await sandbox.http.get(CERTS)).json()
    await submit(sandbox, "faults/clear")

    assert set_.status_code == 303
    assert "The next call will feel it." in page.text
    assert "google.certs : Answer 200 with a JSON list, until cleared" in page.text
    assert isinstance(answer, list)
    assert (await sandbox.control.state())["faults"] == []


async def test_a_person_disconnects_and_moves_time_on_the_page(xero: App, google: App) -> None:
    tokens = await xero.connect()
    await google.connect()
    page = parse("/control", 200, (await xero.sandbox.http.get("/control")).text)
    forms = {form.action: dict(form.fields) for form in page.forms}

    await submit(xero.sandbox, "xero/disconnect", **forms["/control/xero/disconnect"])
    await submit(xero.sandbox, "google/remove-app", **forms["/control/google/remove-app"])
    await submit(xero.sandbox, "clock", minutes="5", days="0")

    state = await xero.sandbox.control.state()
    assert await xero.connections(tokens["access_token"]) == []
    assert (state["google"]["consents"], state["clock_offset"]) == ([], 300)


async def test_a_person_lets_xero_keep_the_organisation_to_itself_and_say_it_again(xero: App) -> None:
    for told in ("false", "true"):
        page = parse("/control", 200, (await xero.sandbox.http.get("/control")).text)
        (form,) = (form for form in page.forms if form.action == "/control/xero/tell-organisation")
        (button,) = form.buttons
        assert button.attributes["value"] == told
        await submit(xero.sandbox, "xero/tell-organisation", told=told)

        assert (await xero.sandbox.control.state())["xero"]["tells_organisation"] is (told == "true")


async def test_the_page_explains_a_mistake(sandbox: RunningSandbox) -> None:
    response = await submit(sandbox, "faults", endpoint="google.certs", misbehaviour="fail", status="<b>")

    assert response.status_code == 422
    assert "status must be a whole number from 400 to 599" in response.text


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
async def test_a_form_of_another_site_is_not_obeyed(sandbox: RunningSandbox, origin: str) -> None:
    response = await sandbox.http.post("/control/reset", data={"a": "b"}, headers={"Origin": origin})

    assert response.status_code == 403


async def test_only_a_message_of_ours_is_shown(sandbox: RunningSandbox) -> None:
    response = await sandbox.http.get("/control?done=Your+account+is+locked")

    assert "locked" not in response.text
