"""The user's own log."""
