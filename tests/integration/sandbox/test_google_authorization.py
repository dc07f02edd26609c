"""Google's account chooser and consent page, as an app and a person meet them."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from pip_hub.adapters.sandbox import Publishing, SandboxConfig
from tests.integration.sandbox.apps import EMAIL, GMAIL, GOOGLE_SCOPE, SHEETS, WITH_PKCE, App, google_app
from tests.support.forms import Page
from tests.support.sandbox import Callback, param, running_sandbox

pytestmark = pytest.mark.anyio

ALEX, SAM = "alex@example.com", "sam@example.org"


def a_project_that_is(**changes: Any) -> Callable[[SandboxConfig], SandboxConfig]:
    def change(config: SandboxConfig) -> SandboxConfig:
        return attrs.evolve(config, google_projects=(attrs.evolve(config.google_projects[0], **changes),))

    return change


IN_TESTING = a_project_that_is(publishing=Publishing.TESTING, test_users=(ALEX,))


async def visit(app: App, **asked: str | None) -> Page:
    page = await app.sandbox.person.visit(app.authorize_url(**asked))
    assert isinstance(page, Page), f"the app was called back: {page.url}"
    return page


async def consent_page(app: App, account: str = ALEX, **asked: str | None) -> Page:
    page = await app.sandbox.person.choose(await visit(app, **asked), account)
    assert isinstance(page, Page), f"the app was called back: {page.url}"
    return page


async def test_allowing_calls_the_app_back_with_everything_google_adds(google: App) -> None:
    callback = await google.sandbox.person.grant(google.authorize_url(), account=SAM)

    assert callback.startswith(f"{google.redirect_uri}?")
    assert param(callback, "code")
    assert param(callback, "state") == "the-state"
    assert param(callback, "iss") == f"{google.sandbox.url}/google"
    assert param(callback, "scope") == f"openid {EMAIL} {GMAIL} {SHEETS}"
    assert (param(callback, "authuser"), param(callback, "prompt")) == ("1", "consent")
    assert param(callback, "hd") == "example.org"


async def test_an_account_outside_any_organisation_has_no_hosted_domain(google: App) -> None:
    callback = await google.sandbox.person.grant(google.authorize_url(), account=ALEX)

    assert param(callback, "hd") is None


async def test_every_scope_but_those_for_sign_in_has_a_tick_box_which_is_ticked(google: App) -> None:
    page = await consent_page(google)

    assert page.values("data-scope") == [GMAIL, SHEETS]
    assert [value for name, value in page.forms[0].fields if name == "scope"] == [GMAIL, SHEETS]
    assert "See your email address" in page.text


async def test_unticking_a_scope_leaves_it_out(google: App) -> None:
    callback = await google.sandbox.person.grant(google.authorize_url(), untick=[SHEETS])
    tokens = (await google.redeem(param(callback, "code") or "")).json()

    assert param(callback, "scope") == tokens["scope"] == f"openid {EMAIL} {GMAIL}"


async def test_unticking_everything_still_signs_the_person_in(google: App) -> None:
    callback = await google.sandbox.person.grant(google.authorize_url(), untick=[GMAIL, SHEETS])

    assert param(callback, "scope") == f"openid {EMAIL}"


async def test_unticking_everything_without_sign_in_scopes_is_access_denied(google: App) -> None:
    url = google.authorize_url(scope=f"{GMAIL} {SHEETS}")

    callback = await google.sandbox.person.grant(url, untick=[GMAIL, SHEETS])

    assert (param(callback, "error"), param(callback, "code")) == ("access_denied", None)


async def test_a_single_scope_is_all_or_nothing(google: App) -> None:
    page = await consent_page(google, scope=GMAIL)

    end = await google.sandbox.person.press(page, "allow")

    assert not page.has("data-scope")
    assert isinstance(end, Callback)
    assert param(end.url, "scope") == GMAIL


async def test_ticking_what_was_never_asked_for_is_refused(google: App) -> None:
    page = await consent_page(google, scope=f"openid {GMAIL}")
    form = {**dict(page.forms[0].fields), "scope": SHEETS, "decision": "allow"}

    response = await google.sandbox.http.post(page.url, data=form)

    assert response.status_code == 400
    assert "Error 400: invalid_scope" in response.text


async def test_cancelling_is_access_denied(google: App) -> None:
    callback = await google.sandbox.person.decline(google.authorize_url())

    assert (param(callback, "error"), param(callback, "state")) == ("access_denied", "the-state")


@pytest.mark.parametrize(
    ("asked", "status", "error"),
    [
        ({"client_id": "somebody-else"}, 401, "Error 401: invalid_client"),
        ({"redirect_uri": "http://localhost:8400/Integrations/gmail/callback"}, 400, "redirect_uri_mismatch"),
        ({"redirect_uri": None}, 400, "redirect_uri_mismatch"),
        ({"scope": None}, 400, "invalid_scope"),
        ({"scope": "openid https://www.googleapis.com/auth/everything"}, 400, "invalid_scope"),
        ({"scope": GMAIL.upper()}, 400, "invalid_scope"),
        ({"response_type": "token"}, 400, "invalid_request"),
        ({"access_type": "sometimes"}, 400, "invalid_request"),
        ({"prompt": "none"}, 400, "invalid_request"),
        ({"include_granted_scopes": "yes"}, 400, "invalid_request"),
        ({**WITH_PKCE, "code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, 400, "invalid_request"),
        ({"code_challenge_method": "S256"}, 400, "invalid_request"),
    ],
)
async def test_a_wrong_request_ends_on_the_error_page_and_never_at_the_app(
    google: App, asked: dict[str, str | None], status: int, error: str
) -> None:
    page = await visit(google, **asked)

    assert page.status == status
    assert error in page.text


async def test_a_repeated_parameter_is_refused(google: App) -> None:
    page = await google.sandbox.person.visit(google.authorize_url() + "&state=another")

    assert isinstance(page, Page)
    assert "invalid_request" in page.text


@pytest.mark.parametrize("hint", [SAM, "104600000000000000002"])
async def test_a_hint_saves_the_account_chooser(google: App, hint: str) -> None:
    page = await visit(google, login_hint=hint, prompt="consent")

    assert not page.has("data-account")
    assert SAM in page.text


async def test_the_chooser_is_shown_when_the_app_insists_or_the_hint_is_unknown(google: App) -> None:
    insisting = await visit(google, login_hint=SAM, prompt="consent select_account")
    unknown = await visit(google, login_hint="nobody@example.com", prompt="consent")

    assert insisting.values("data-account") == unknown.values("data-account") == [ALEX, SAM]
    assert "suggested by the app" in insisting.text


async def test_who_granted_everything_before_is_not_asked_again_and_brings_no_refresh_token(google: App) -> None:
    first = await google.connect(prompt="select_account")
    page = await visit(google, prompt="select_account")

    end = await google.sandbox.person.choose(page, ALEX)
    assert isinstance(end, Callback)
    second = (await google.redeem(param(end.url, "code") or "")).json()

    assert param(end.url, "prompt") == "none"
    assert "refresh_token" in first
    assert "refresh_token" not in second


async def test_loading_such_an_answer_twice_gives_the_same_answer(google: App) -> None:
    await google.connect()
    page = await visit(google, prompt="select_account")

    first, second = [await google.sandbox.person.choose(page, ALEX) for _ in range(2)]

    assert first == second


async def test_a_scope_that_was_never_granted_is_asked_for(google: App) -> None:
    await google.connect(scope=f"openid email {GMAIL}")

    page = await consent_page(google, prompt="select_account")

    assert page.values("data-scope") == [GMAIL, SHEETS]


async def test_earlier_grants_join_the_token_only_when_the_app_asks_for_them(google: App) -> None:
    await google.connect(scope=f"openid email {GMAIL}")

    alone = await google.connect(scope=f"openid {SHEETS}")
    together = await google.connect(scope=f"openid {SHEETS}", include_granted_scopes="true")

    assert alone["scope"] == f"openid {SHEETS}"
    assert set(together["scope"].split()) == {"openid", EMAIL, GMAIL, SHEETS}


async def test_in_testing_only_test_users_get_on_and_the_page_warns_them() -> None:
    async with running_sandbox(change=IN_TESTING) as sandbox:
        google = google_app(sandbox)
        listed = await consent_page(google)
        page = await consent_page(google, SAM)
        forced = await sandbox.http.post(
            listed.url, data={**dict(listed.forms[0].fields), "account": SAM, "decision": "allow"}
        )

    assert "hasn’t checked this app" in listed.text
    assert (page.status, page.values("data-error")) == (403, ["Error 403: access_denied"])
    [way_back] = [address for address in page.values("href") if address.startswith(google.redirect_uri)]
    assert param(way_back, "error") == "access_denied"
    assert forced.status_code == 403


async def test_a_second_click_leads_to_the_same_place(google: App) -> None:
    page = await consent_page(google)

    first = await google.sandbox.person.press(page, "allow")
    second = await google.sandbox.person.press(page, "decline")

    assert first == second


async def test_nobody_unknown_can_be_chosen(google: App) -> None:
    page = await consent_page(google)

    response = await google.sandbox.http.get(page.url.replace("alex", "nobody"))

    assert response.status_code == 400
    assert "no such account" in response.text


async def test_what_an_app_sends_is_never_shown_as_markup() -> None:
    hostile = "<script>alert(1)</script>"
    async with running_sandbox(change=a_project_that_is(name=hostile)) as sandbox:
        google = google_app(sandbox)
        page = await consent_page(google, state=hostile, scope=GOOGLE_SCOPE)
        callback = await sandbox.person.press(page, "allow")

    assert "<script" not in page.html
    assert hostile in page.text
    assert isinstance(callback, Callback)
    assert param(callback.url, "state") == hostile
