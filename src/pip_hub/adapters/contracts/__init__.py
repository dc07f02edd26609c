"""The tests that every adapter must pass, shipped for people who write their own."""
