import logging
import re
import stat

import httpx2
import pytest

from tests.integration.demo.browsing import (
    actions,
    answer_of_the_hub,
    field,
    press,
    press_and_stop_at_the_hub,
    problem,
    results,
    stored,
    whole_tokens,
)
from tests.integration.demo.conftest import Demo, a_browser

pytestmark = pytest.mark.anyio


async def test_the_cookie_is_for_this_client_alone(demo: Demo) -> None:
    response = await demo.browser.post(f"{demo.sample_client}/connect", follow_redirects=False)

    cookie = response.headers["set-cookie"]
    assert cookie.startswith("sample_client=")
    assert "Path=/sample-client;" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_a_cookie_that_was_planted_is_not_taken_up(demo: Demo) -> None:
    response = await demo.browser.post(
        f"{demo.sample_client}/connect", headers={"Cookie": "sample_client=planted"}, follow_redirects=False
    )

    assert "planted" not in response.headers["set-cookie"]


async def test_a_person_who_says_no_reads_that_nothing_happened(demo: Demo) -> None:
    demo.hub.decline_with = "access_denied"

    page = await press(demo, "connect")

    assert problem(page) == "You said no in the hub, so nothing was connected. You can try again whenever you like."
    assert actions(page) == {"connect"}

    demo.hub.decline_with = None
    assert "whoami" in results(await press(demo, "connect"))


async def test_an_error_word_nobody_knows_is_not_repeated_on_the_page(demo: Demo) -> None:
    demo.hub.decline_with = "<b>your_bank</b>"
    demo.hub.answer_overrides = {"error_description": "call 555 1234", "error_uri": "https://evil.example"}

    page = await press(demo, "connect")

    assert problem(page) == "The hub answered with an error this client doesn't know."
    assert not any(word in page.text for word in ("your_bank", "555", "evil.example"))


@pytest.mark.requirement("RFC 9207 2.4")
@pytest.mark.parametrize("kind", ["code", "error"])
async def test_an_answer_in_the_name_of_another_hub_is_thrown_away(demo: Demo, kind: str) -> None:
    demo.hub.decline_with = "access_denied" if kind == "error" else None
    demo.hub.answer_overrides = {"iss": f"{demo.config.issuer}/"}

    page = await press(demo, "connect")

    assert problem(page) == "The answer does not come from the hub that was asked, so it was thrown away."
    assert not demo.hub.access


@pytest.mark.requirement("RFC 9207 2.4")
async def test_a_hub_that_promises_iss_and_leaves_it_out_is_not_believed(demo: Demo) -> None:
    answer = await answer_of_the_hub(demo, await press_and_stop_at_the_hub(demo))

    page = await demo.browser.get(httpx2.URL(answer).copy_remove_param("iss"))

    assert problem(page).startswith("The answer does not come from the hub that was asked")


async def test_an_answer_without_a_code_is_a_problem_and_not_a_crash(demo: Demo) -> None:
    answer = await answer_of_the_hub(demo, await press_and_stop_at_the_hub(demo))

    page = await demo.browser.get(httpx2.URL(answer).copy_remove_param("code"))

    assert problem(page) == "The hub's answer holds no code."


async def test_an_answer_is_taken_once(demo: Demo) -> None:
    answer = await answer_of_the_hub(demo, await press_and_stop_at_the_hub(demo))
    await demo.browser.get(answer)

    again = await demo.browser.get(answer)

    assert (again.status_code, results(again)) == (400, {"strange_answer"})
    assert "whoami" in results(await demo.browser.get(demo.sample_client))


async def test_an_answer_in_another_browser_is_not_taken(demo: Demo) -> None:
    answer = await answer_of_the_hub(demo, await press_and_stop_at_the_hub(demo))

    async with a_browser() as other:
        page = await other.get(answer)

    assert (page.status_code, results(page)) == (400, {"strange_answer"})
    assert not demo.hub.access


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=", "?state=a&state=b&code=x", "?state=<script>&code=<script>"]
)
async def test_an_answer_that_belongs_to_no_sign_in_is_a_friendly_400(demo: Demo, query: str) -> None:
    await press_and_stop_at_the_hub(demo)

    page = await demo.browser.get(f"{demo.sample_client}/callback{query}")

    assert (page.status_code, actions(page)) == (400, {"home"})
    assert "<script" not in page.text


async def test_two_tabs_may_sign_in_at_once(demo: Demo) -> None:
    first, second = [await press_and_stop_at_the_hub(demo) for _ in range(2)]

    for url in (first, second):
        assert "whoami" in results(await demo.browser.get(url))


async def test_a_form_that_another_site_posts_is_refused(demo: Demo) -> None:
    await press(demo, "connect")

    for button in ("connect", "call", "refresh", "forget"):
        for origin in ("http://localhost:1", "null", "https://evil.example"):
            page = await demo.browser.post(f"{demo.sample_client}/{button}", headers={"Origin": origin})
            assert (page.status_code, results(page)) == (403, {"refused"})
    assert "whoami" in results(await demo.browser.get(demo.sample_client))


async def test_a_form_can_not_be_fetched(demo: Demo) -> None:
    assert (await demo.browser.get(f"{demo.sample_client}/forget")).status_code == 405


async def test_no_page_file_name_or_log_line_gives_a_token_away(demo: Demo, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    pages = [await press(demo, button) for button in ("connect", "call", "refresh")]

    for token in whole_tokens(demo):
        assert all(token not in page.text for page in pages)
        assert token not in caplog.text


async def test_what_the_hub_says_is_escaped(demo: Demo) -> None:
    demo.hub.username = '"><img src=x onerror=alert(1)>@example.com'
    demo.hub.connectors = {"x": {"name": "<script>alert(1)</script>", "status": "connected"}}

    page = await press(demo, "connect")

    assert field(page, "email") == demo.hub.username
    assert "&lt;script&gt;alert(1)&lt;/script&gt;: connected." in page.text
    assert not re.search(r"<(script|img src=x)", page.text)


async def test_the_file_is_private_and_does_not_hold_the_cookie(demo: Demo) -> None:
    await press(demo, "connect")

    mode = stat.S_IMODE(demo.config.sample_client_file.stat().st_mode)
    assert mode == stat.S_IRUSR | stat.S_IWUSR
    cookie = next(value for name, value in demo.browser.cookies.items() if name == "sample_client")
    assert cookie not in stored(demo)
    assert [path.name for path in demo.config.sample_client_file.parent.iterdir()] == ["sample-client.json"]
