"""A complete in-memory set of every port, held to the same contracts as the real ones."""
