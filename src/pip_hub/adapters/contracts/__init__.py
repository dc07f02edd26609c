"""The tests that every adapter must pass, shipped for people who write their own.

Subclass a contract in a test file, provide its one fixture, and run pytest: see docs/write-an-adapter.md.
"""

import pytest

# Let a failing assertion in here show its values, as it would in the subclass's own file.
pytest.register_assert_rewrite(
    f"{__name__}.gateway", f"{__name__}.storage", f"{__name__}.unit_of_work", f"{__name__}.vault", f"{__name__}.machine"
)
