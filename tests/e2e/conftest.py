"""One Chromium for all tests, a fresh browser context for each person, and what a failure shows.

The tests run the real command. Those that break or inspect it get a demo of their own; the others share one, and keep
apart by signing in as different people.
"""

import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.e2e.demo import Demo, running_demo
from tests.e2e.far_away import FarAway, far_away_sites
from tests.e2e.person import Person, Sight, open_person
from tests.e2e.pictures import port

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_FAILED = pytest.StashKey[bool]()
_NUMBERS = count(1)

Meet = Callable[..., Awaitable[Person]]
"""Somebody new at a fresh browser. Named arguments: `email`, and everything of `Sight`."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let fixtures know, on their way out, whether the test went wrong."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
async def far_away() -> AsyncIterator[FarAway]:
    """Two https sites that only this Chromium can find."""
    async with far_away_sites() as sites:
        yield sites


@pytest.fixture(scope="session")
async def chromium(far_away: FarAway) -> AsyncIterator[Browser]:
    """The browser. Without the switches it asks the network for things of its own at every start."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=os.environ.get("PIP_HUB_TEST_CHROMIUM", "/usr/bin/chromium"),
            args=[*CHROMIUM_ARGUMENTS, f"--host-resolver-rules={far_away.resolver_rules}"],
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def shared_demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """A demo for all tests that leave it as it was."""
    async with running_demo(tmp_path_factory.mktemp("demo"), port()) as demo:
        yield demo


@pytest.fixture
def demo(shared_demo: Demo, request: pytest.FixtureRequest) -> Iterator[Demo]:
    """The shared demo; when the test fails, what it printed meanwhile is shown."""
    before = len(shared_demo.program.log)
    yield shared_demo
    if request.node.stash.get(_FAILED, False):
        _show("What the demo printed", shared_demo.program.log[before:])


@pytest.fixture
async def own_demo(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Demo]:
    """A demo that nobody else uses."""
    async with running_demo(tmp_path) as demo:
        yield demo
        if request.node.stash.get(_FAILED, False):
            _show("What the demo printed", demo.program.log)


@pytest.fixture
async def meet(chromium: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Meet]:
    """Ask somebody new to sit down at a fresh browser; when the test fails, what they see is shown."""
    people = list[Person]()
    async with AsyncExitStack() as stack:

        async def one_more(email: str = "", sight: Sight | None = None) -> Person:
            address = email or f"person-{next(_NUMBERS)}@example.com"
            person = await stack.enter_async_context(open_person(chromium, address, sight or Sight()))
            people.append(person)
            return person

        yield one_more
        if request.node.stash.get(_FAILED, False):
            for person in people:
                _show(f"What {person.email} sees", await person.sees())


def _show(title: str, text: str) -> None:
    sys.stderr.write(f"\n---- {title} ----\n{text.strip()}\n")
