"""What every page of the sandbox owes the person looking at it."""

import pytest

from tests.integration.sandbox.apps import App
from tests.support.forms import Page
from tests.support.sandbox import HUB_URL, RunningSandbox

pytestmark = pytest.mark.anyio


async def every_page(xero: App, google: App) -> list[Page]:
    pages = []
    for app in (xero, google):
        sign_in = await app.sandbox.person.visit(app.authorize_url())
        assert isinstance(sign_in, Page)
        consent = await app.sandbox.person.choose(sign_in, "alex@example.com")
        refused = await app.sandbox.person.visit(app.authorize_url(client_id="somebody-else"))
        assert isinstance(consent, Page)
        assert isinstance(refused, Page)
        pages += [sign_in, consent, refused]
    for path in ("/control", "/xero/nowhere"):
        page = await xero.sandbox.person.visit(f"{xero.sandbox.url}{path}")
        assert isinstance(page, Page)
        pages.append(page)
    return pages


async def test_every_page_says_that_it_is_a_sandbox(xero: App, google: App) -> None:
    for page in await every_page(xero, google):
        assert "Sandbox — not the real" in page.text, page.url


async def test_every_page_works_without_script_on_a_phone_and_has_one_heading(xero: App, google: App) -> None:
    for page in await every_page(xero, google):
        assert "<script" not in page.html
        assert 'name="viewport"' in page.html
        assert '<html lang="en">' in page.html
        assert page.html.count("<h1") == 1
        assert page.html.count("<main") == 1


async def test_every_field_a_person_fills_in_has_a_label(xero: App, google: App) -> None:
    for page in await every_page(xero, google):
        fields = [one for form in page.forms for one in form.inputs if one.get("type") != "hidden"]
        assert page.html.count("<label") >= len(fields)


async def test_the_policy_lets_a_consent_form_end_at_the_app_and_nowhere_else(xero: App, google: App) -> None:
    for app in (xero, google):
        response = await app.sandbox.http.get(app.authorize_url())
        policy = response.headers["content-security-policy"]

        assert "default-src 'none'" in policy
        assert policy.endswith(f"form-action 'self' {HUB_URL}")
        assert response.headers["cache-control"] == "no-store"


async def test_the_stylesheet_and_the_icon_are_served(sandbox: RunningSandbox) -> None:
    style, icon = [await sandbox.http.get(f"/static/{name}") for name in ("sandbox.css", "icon.svg")]

    assert style.headers["content-type"].startswith("text/css")
    assert "prefers-color-scheme: dark" in style.text
    assert icon.headers["content-type"] == "image/svg+xml"


async def test_the_front_door_leads_to_the_control_page(sandbox: RunningSandbox) -> None:
    response = await sandbox.http.get("/")

    assert (response.status_code, response.headers["location"]) == (303, "/control")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/google/nowhere", 404),
        ("GET", "/xero/connect/token", 405),
        ("POST", "/google/o/oauth2/v2/auth/consent", 415),
        ("GET", "/google/o/oauth2/v2/auth?state=%ff", 400),
        ("GET", "/xero/identity/connect/authorize/organisation?request=made-up", 400),
    ],
)
async def test_what_cannot_be_answered_is_answered_with_a_page(
    sandbox: RunningSandbox, method: str, path: str, status: int
) -> None:
    response = await sandbox.http.request(method, path)

    assert response.status_code == status
    assert "Sandbox" in response.text
    assert ("allow" in response.headers) == (status == 405)
