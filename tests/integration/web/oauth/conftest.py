"""The OAuth endpoints, furnished."""

from collections.abc import AsyncIterator

import pytest

from pip_hub.adapters.memory.unit_of_work import MemoryStorage
from tests.integration.web.oauth.oauth_hub import OAuthHub, a_caller, a_clock, app_of, compose, furnish


@pytest.fixture
async def hub() -> AsyncIterator[OAuthHub]:
    storage, clock = MemoryStorage(), a_clock()
    use_cases = compose(storage, clock)
    await furnish(storage)
    async with a_caller(app_of(use_cases)) as http:
        yield OAuthHub(use_cases=use_cases, storage=storage, clock=clock, http=http)
