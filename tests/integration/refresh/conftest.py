"""An installation whose database is told by the test's parameter, with Ann in it, beside a running sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pip_hub.adapters.system.keys import new_key
from pip_hub.entrypoints.container import Hub
from tests.integration.refresh.installation import Setup, Somebody, closed, first_things
from tests.support.sandbox import RunningSandbox, running_sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[RunningSandbox]:
    async with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def setup(request: pytest.FixtureRequest, sandbox: RunningSandbox) -> Setup:
    """What every process of the installation has in common."""
    return Setup(database_url=request.getfixturevalue(request.param), keys=new_key(), sandbox_url=sandbox.url)


@pytest.fixture
async def hub(setup: Setup) -> AsyncIterator[Hub]:
    """The hub of this very process."""
    hub = setup.compose()
    await first_things(hub)
    yield hub
    await closed(hub)


@pytest.fixture
async def ann(hub: Hub) -> Somebody:
    ann = Somebody(name="ann")
    await ann.arrive(hub)
    return ann
