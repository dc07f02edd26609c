"""The sample client as a person with a browser sees it."""

import re
from html import unescape

import httpx2

from tests.integration.demo.conftest import Demo


async def press(demo: Demo, button: str) -> httpx2.Response:
    """What a browser does with a form of the page: post, with its Origin, and follow the redirect."""
    return await demo.browser.post(f"{demo.sample_client}/{button}", headers={"Origin": demo.config.origin})


async def press_and_stop_at_the_hub(demo: Demo) -> str:
    """Press Connect, and answer the URL the browser is sent to."""
    response = await demo.browser.post(
        f"{demo.sample_client}/connect", headers={"Origin": demo.config.origin}, follow_redirects=False
    )
    assert response.status_code == 303
    return response.headers["location"]


async def answer_of_the_hub(demo: Demo, authorization_url: str) -> str:
    """Let the hub answer, and stop before the browser takes the answer back."""
    response = await demo.browser.get(authorization_url, follow_redirects=False)
    return response.headers["location"]


def results(page: httpx2.Response) -> set[str]:
    return set(re.findall(r'data-result="(\w+)"', page.text))


def actions(page: httpx2.Response) -> set[str]:
    return set(re.findall(r'data-action="(\w+)"', page.text))


def field(page: httpx2.Response, name: str) -> str:
    found = re.search(rf'data-field="{name}">(.*?)</dd>', page.text)
    assert found is not None
    return unescape(found.group(1))


def problem(page: httpx2.Response) -> str:
    found = re.search(r'role="alert" data-result="problem">(.*?)</p>', page.text)
    assert found is not None
    return unescape(found.group(1))


def stored(demo: Demo) -> str:
    return demo.config.sample_client_file.read_text(encoding="utf-8")


def whole_tokens(demo: Demo) -> list[str]:
    return [*demo.hub.access, *demo.hub.refresh]
