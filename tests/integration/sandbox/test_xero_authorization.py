"""Xero's sign-in and consent pages, as an app and a person meet them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import attrs
import pytest

from pip_hub.adapters.sandbox import Pkce, SandboxConfig
from tests.integration.sandbox.apps import WITH_PKCE, XERO_SCOPE, App, xero_app
from tests.support.forms import Page
from tests.support.sandbox import RunningSandbox, param, running_sandbox

pytestmark = pytest.mark.anyio

DEMO, BAKERY = "Demo Company (AU)", "Harbour Street Bakery"


def an_app_that_is(**changes: Any) -> Callable[[SandboxConfig], SandboxConfig]:
    def change(config: SandboxConfig) -> SandboxConfig:
        return attrs.evolve(config, xero_apps=(attrs.evolve(config.xero_apps[0], **changes),))

    return change


async def consent_page(app: App, account: str = "alex@example.com", **asked: str) -> Page:
    sign_in = await app.sandbox.person.visit(app.authorize_url(**asked))
    assert isinstance(sign_in, Page)
    page = await app.sandbox.person.choose(sign_in, account)
    assert isinstance(page, Page)
    return page


async def refused(app: App, url: str) -> str:
    """The error on Xero's own page."""
    page = await app.sandbox.person.visit(url)
    assert isinstance(page, Page), f"the app was called back: {page.url}"
    assert page.status == 500
    [code] = page.values("data-error")
    return code


async def test_allowing_calls_the_app_back_with_a_code_and_its_state(xero: App) -> None:
    callback = await xero.sandbox.person.grant(xero.authorize_url(), organisation=BAKERY)

    assert callback.startswith(f"{xero.redirect_uri}?")
    assert param(callback, "state") == "the-state"
    assert param(callback, "code")
    assert param(callback, "iss") is None


async def test_the_answer_is_added_to_the_query_of_the_redirect_uri() -> None:
    uri = "http://localhost:8400/back?keep=this"
    async with running_sandbox(change=an_app_that_is(redirect_uris=(uri,))) as sandbox:
        callback = await sandbox.person.grant(xero_app(sandbox).authorize_url(redirect_uri=uri))

    assert callback.startswith(f"{uri}&")
    assert param(callback, "code")


async def test_people_see_only_their_own_organisations(xero: App) -> None:
    page = await consent_page(xero, "sam@example.org")

    assert page.values("data-organisation") == [BAKERY]


async def test_the_page_lists_what_is_asked_for_in_words(xero: App) -> None:
    page = await consent_page(xero, scope=f"{XERO_SCOPE} accounting.contacts")

    assert "View and manage your contacts" in page.text
    assert "View your invoices, quotes and purchase orders" in page.text


async def test_an_organisation_already_connected_is_marked_and_the_other_one_suggested(xero: App) -> None:
    await xero.connect(organisation=DEMO)

    page = await consent_page(xero)

    assert f"{DEMO} connected" in page.text
    assert f"{BAKERY} connected" not in page.text
    assert ("organisation", BAKERY) in page.forms[0].fields


async def test_an_organisation_of_somebody_else_cannot_be_connected(xero: App) -> None:
    page = await consent_page(xero, "sam@example.org")
    form = dict(page.forms[0].fields)

    response = await xero.sandbox.http.post(page.url, data={**form, "organisation": DEMO, "decision": "allow"})

    assert response.status_code == 422
    assert "Choose the organisation" in response.text


async def test_cancelling_is_access_denied(xero: App) -> None:
    callback = await xero.sandbox.person.decline(xero.authorize_url())

    assert (param(callback, "error"), param(callback, "state")) == ("access_denied", "the-state")


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"client_id": "somebody-else"}, "unauthorized_client"),
        ({"redirect_uri": "http://localhost:8400/integrations/xero/callback/"}, "Invalid redirect_uri"),
        ({"redirect_uri": None}, "Invalid redirect_uri"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "openid accounting.everything"}, "invalid_scope"),
        ({"scope": "openid accounting.transactions"}, "invalid_scope"),
        ({"scope": "openid accounting.reports.read"}, "invalid_scope"),
        ({"scope": "openid paymentservices"}, "unauthorized_client : Invalid scope for client"),
        ({"scope": "openid app.connections"}, "unauthorized_client : Invalid scope for client"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "Transform algorithm not supported"),
        ({**WITH_PKCE, "code_challenge_method": "plain"}, "Transform algorithm not supported"),
        ({"code_challenge_method": "S256"}, "code challenge required"),
    ],
)
async def test_a_wrong_request_ends_on_the_error_page_and_never_at_the_app(
    xero: App, asked: dict[str, str | None], error: str
) -> None:
    code = await refused(xero, xero.authorize_url(**asked))

    assert code.startswith("Error code: 500")
    assert error in code


async def test_a_repeated_parameter_is_refused(xero: App) -> None:
    assert "invalid_request" in await refused(xero, xero.authorize_url() + "&state=another")


async def test_an_app_of_before_march_2026_may_mix_broad_and_granular_scopes() -> None:
    scope = "openid offline_access accounting.transactions accounting.invoices.read"
    async with running_sandbox(change=an_app_that_is(granular_only=False)) as sandbox:
        tokens = await xero_app(sandbox).connect(scope=scope)

    assert set(tokens["scope"].split()) == set(scope.split())


async def test_an_app_that_requires_pkce_gets_no_further_without_it() -> None:
    async with running_sandbox(change=an_app_that_is(pkce=Pkce.REQUIRED)) as sandbox:
        xero = xero_app(sandbox)
        error = await refused(xero, xero.authorize_url())
        callback = await sandbox.person.grant(xero.authorize_url(**WITH_PKCE))

    assert "code challenge required" in error
    assert param(callback, "code")


async def test_an_app_that_refuses_pkce_is_told_at_its_callback() -> None:
    async with running_sandbox(change=an_app_that_is(pkce=Pkce.REFUSED)) as sandbox:
        callback = await sandbox.person.grant(xero_app(sandbox).authorize_url(**WITH_PKCE))

    assert param(callback, "error") == "access_denied"
    assert param(callback, "error_description") == "Requested wrong apps scopes"


async def test_a_second_click_leads_to_the_same_place(xero: App) -> None:
    page = await consent_page(xero)

    first = await xero.sandbox.person.press(page, "allow")
    second = await xero.sandbox.person.press(page, "decline")

    assert first == second


async def test_a_page_opened_twice_works_twice(xero: App) -> None:
    first, second = await consent_page(xero), await consent_page(xero)

    codes = {await xero.sandbox.person.press(page, "allow") for page in (first, second)}

    assert len(codes) == 2


async def test_a_page_left_open_for_an_hour_says_so(xero: App) -> None:
    page = await consent_page(xero)
    await xero.sandbox.control.move_clock(minutes=61)

    end = await xero.sandbox.person.press(page, "allow")

    assert isinstance(end, Page)
    assert end.status == 400
    assert "too old" in end.text


async def test_a_page_of_one_provider_does_not_answer_a_request_to_the_other(xero: App, google: App) -> None:
    page = await consent_page(xero)
    [request_id] = [value for name, value in page.forms[0].fields if name == "request"]

    response = await xero.sandbox.http.post(
        f"{google.authorize_path}/consent",
        data={"request": request_id, "account": "alex@example.com", "decision": "allow"},
    )

    assert response.status_code == 400


async def test_nobody_unknown_can_sign_in(xero: App) -> None:
    page = await consent_page(xero)

    response = await xero.sandbox.http.get(page.url.replace("alex", "nobody"))

    assert response.status_code == 400
    assert "nobody" not in urlsplit(response.headers.get("location", "")).query


async def test_the_browser_is_sent_on_with_303_and_no_cookie_is_needed(sandbox: RunningSandbox, xero: App) -> None:
    page = await consent_page(xero)

    response = await sandbox.http.post(page.url, data={**dict(page.forms[0].fields), "decision": "allow"})

    assert response.status_code == 303
    assert not sandbox.http.cookies
