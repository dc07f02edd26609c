"""From an authorization request to its answer."""
