"""The pictures in docs/screenshots, taken on the way when PIP_HUB_SCREENSHOTS names a folder.

PIP_HUB_SCREENSHOTS=docs/screenshots .venv/bin/python -m pytest tests/e2e
"""

import os
from pathlib import Path

from playwright.async_api import Page

LARGEST = 180 * 1024
DEMO_PORT = 8400
"""The port of a demo that is photographed: the one people will see. Tests that take no pictures leave it alone."""


def folder() -> Path | None:
    """Where the pictures go; None when nobody wants any."""
    name = os.environ.get("PIP_HUB_SCREENSHOTS")
    return Path(name) if name else None


def port() -> int | None:
    """The port for a demo whose pages may be photographed; None for any."""
    return DEMO_PORT if folder() else None


async def picture(page: Page, name: str, *, whole: bool = True) -> None:
    """Photograph the page at this station, the whole of it or what fits on the screen."""
    wanted = folder()
    if wanted is None:
        return
    wanted.mkdir(parents=True, exist_ok=True)
    file = wanted / f"{name}.png"
    await page.wait_for_load_state()  # its icons too
    await page.screenshot(path=file, full_page=whole, animations="disabled", caret="hide")
    assert file.stat().st_size <= LARGEST, f"{file} is larger than {LARGEST} bytes"
