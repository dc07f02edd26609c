"""Xero and Google as they behave, over real HTTP, for the demo and the tests."""
