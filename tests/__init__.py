"""The tests. Their folders need no `__init__.py` of their own."""
