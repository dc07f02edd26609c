"""The OAuth endpoints, furnished."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.web.oauth.oauth_hub import OAuthHub, an_oauth_hub


@pytest.fixture
async def hub() -> AsyncIterator[OAuthHub]:
    async with an_oauth_hub() as furnished:
        yield furnished
