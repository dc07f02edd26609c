from collections.abc import AsyncIterator

import pytest

from tests.integration.sandbox.apps import App, google_app, xero_app
from tests.support.sandbox import RunningSandbox, running_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[RunningSandbox]:
    async with running_sandbox() as running:
        yield running


@pytest.fixture
def xero(sandbox: RunningSandbox) -> App:
    return xero_app(sandbox)


@pytest.fixture
def google(sandbox: RunningSandbox) -> App:
    return google_app(sandbox)
