"""Connecting services and disconnecting them."""
