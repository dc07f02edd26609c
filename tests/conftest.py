"""What every test shares: the AnyIO backend, and Hypothesis without a stopwatch."""

import hypothesis
import pytest

pytest_plugins = ["tests.support.postgres", "tests.support.sqlite"]

# A busy machine is slow, and that is no failure: no test here asserts how long something took.
hypothesis.settings.register_profile("pip-hub", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("pip-hub")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run `@pytest.mark.anyio` tests on asyncio alone: the SQL drivers know no other loop."""
    return "asyncio"
