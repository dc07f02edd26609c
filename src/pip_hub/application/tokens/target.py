"""The resource a token request names must be the granted one (RFC 8707 2.2)."""

from __future__ import annotations

from pip_hub.domain.errors import InvalidTarget
from pip_hub.domain.resource import canonical_resource


def check_target(indicated: tuple[str, ...], granted: str) -> None:
    """Check each resource a request indicates; none at all means the granted one.

    Raises:
        InvalidTarget: one of them is another resource, or not a resource at all.
    """
    for uri in indicated:
        try:
            canonical = canonical_resource(uri)
        except ValueError:
            raise InvalidTarget(reason="resource is not an absolute URI") from None
        if canonical != granted:
            raise InvalidTarget(reason="resource is not the one that was granted")
