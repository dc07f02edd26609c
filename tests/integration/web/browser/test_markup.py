"""What a person who cannot see the page has of it."""

import re

import pytest

from pip_hub.domain.connector_link import Attention, Organisation, ProviderAccount
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes
from tests.support.forms import Page
from tests.support.hub import Browser, MemoryHub

pytestmark = pytest.mark.anyio


async def every_page(hub: MemoryHub, browser: Browser) -> list[Page]:
    pages = [await browser.open("/nowhere"), await browser.open(hub.authorize_path())]
    pages += [await browser.sign_in(), await browser.register()]
    pages += [await browser.connect("xero"), await browser.connect("gmail", error="access_denied")]
    flow = browser.page
    pages += [await browser.open("/integrations"), *await troubled_pages(hub, browser)]
    browser.page = flow
    await browser.leave("data-action", "continue")
    pages.append(await browser.press("data-action", "continue"))
    return pages


async def troubled_pages(hub: MemoryHub, browser: Browser) -> list[Page]:
    """The hub with everything that a card can have to say, and the log."""
    await browser.connect("gmail")
    await browser.connect("google_sheets")
    several = tuple(Organisation(id=each, name=each, connection_id=each) for each in ("One", "Another"))
    wide = Scopes.parse("accounting.invoices accounting.contacts")
    await hub.change_link("xero", organisations=several, attention=Attention.ORGANISATION_GONE, granted=wide)
    await hub.change_link("gmail", level=Level.WRITE)
    await hub.change_link("google_sheets", attention=Attention.GRANT_ENDED)
    hub.gateway.hand_out(ProviderAccount(subject="another", email="other@gmail.example"))
    pages = [await browser.open("/integrations?connect=gmail")]
    pages += [await browser.connect("gmail"), await browser.open("/activity")]
    return pages


async def test_every_page_has_a_language_a_title_one_heading_and_its_landmarks(
    hub: MemoryHub, browser: Browser
) -> None:
    for page in await every_page(hub, browser):
        assert '<html lang="en">' in page.html
        assert re.search(r"<title>[^<]*Pip Integrations</title>", page.html)
        for tag in ("h1", "main", "header"):
            assert len(re.findall(rf"<{tag}[ >]", page.html)) == 1


async def test_every_field_has_a_label_and_every_picture_a_text_even_if_empty(hub: MemoryHub, browser: Browser) -> None:
    for page in await every_page(hub, browser):
        labelled = re.findall(r'<label for="([^"]+)"', page.html)
        for field in re.findall(r'<(?:input id|select name="[^"]+" id)="([^"]+)"', page.html):
            assert field in labelled
        assert all(re.match(r'<select name="[^"]+" id="', each) for each in re.findall(r"<select[^>]*>", page.html))
        for image in re.findall(r"<img[^>]*>", page.html):
            assert "alt=" in image


async def test_buttons_that_look_alike_are_named_for_their_connector(in_flow: Browser) -> None:
    assert in_flow.page.values("aria-label") == ["Connect Xero", "Connect Gmail", "Connect Google Sheets"]


async def test_ids_are_unique_and_every_reference_leads_to_one(hub: MemoryHub, browser: Browser) -> None:
    for page in await every_page(hub, browser):
        ids = page.values("id")
        assert len(ids) == len(set(ids))
        for reference in [*page.values("aria-describedby"), *page.values("aria-labelledby")]:
            assert set(reference.split()) <= set(ids)


async def test_a_banner_takes_the_focus_so_that_it_is_read_first(in_flow: Browser) -> None:
    page = await in_flow.connect("xero")
    assert 'role="status" tabindex="-1" autofocus' in page.html


async def test_nothing_on_a_page_needs_a_script_or_a_style_of_its_own(hub: MemoryHub, browser: Browser) -> None:
    for page in await every_page(hub, browser):
        assert "<script" not in page.html
        assert "<style" not in page.html
        assert not page.has("style")
        assert not [element for element in page.elements if any(name.startswith("on") for name in element)]


async def test_every_form_is_posted_and_carries_its_proof(hub: MemoryHub, browser: Browser) -> None:
    for page in await every_page(hub, browser):
        for form in page.forms:
            assert form.method == "post"
            assert dict(form.fields)["csrf"]


async def test_inside_a_flow_every_form_of_the_hub_names_it(in_flow: Browser) -> None:
    flow_id = in_flow.page.url.partition("flow=")[2]
    for form in in_flow.page.forms:
        if form.action.startswith("/integrations/"):
            assert ("flowId", flow_id) in form.fields
