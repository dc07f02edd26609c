"""A gateway, and an odd provider for it to talk to."""

from collections.abc import AsyncIterator

import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.providers.credentials import ConnectorCredentials
from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.domain.secret import Secret
from tests.support.odd_provider import CLIENT_ID, CLIENT_SECRET, OddProvider, running_odd_provider


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
async def provider(clock: FrozenClock) -> AsyncIterator[OddProvider]:
    async with running_odd_provider(clock.now()) as provider:
        yield provider


@pytest.fixture
async def gateway(clock: FrozenClock) -> AsyncIterator[AuthlibGateway]:
    credentials = ConnectorCredentials(client_id=CLIENT_ID, client_secret=Secret(CLIENT_SECRET))
    gateway = AuthlibGateway(credentials={"odd": credentials}, clock=clock)
    yield gateway
    await gateway.aclose()
