"""A hub in memory, and a browser that has never been there."""

from collections.abc import AsyncIterator

import pytest

from tests.support.hub import Browser, MemoryHub, a_hub


@pytest.fixture
async def hub() -> AsyncIterator[MemoryHub]:
    async with a_hub() as hub:
        yield hub


@pytest.fixture
async def browser(hub: MemoryHub) -> Browser:
    """A new browser."""
    return hub.browser()


@pytest.fixture
async def in_flow(hub: MemoryHub, browser: Browser) -> Browser:
    """A browser that has come from a client, registered, and looks at the hub in its flow."""
    await browser.open(hub.authorize_path())
    await browser.register()
    return browser


@pytest.fixture
async def managing(browser: Browser) -> Browser:
    """A browser that has registered without a client and looks at the manage page."""
    await browser.open("/integrations")
    await browser.register()
    return browser
