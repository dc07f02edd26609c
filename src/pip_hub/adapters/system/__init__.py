"""The machine itself: clock, random secrets, vault, password hasher and document fetcher."""
