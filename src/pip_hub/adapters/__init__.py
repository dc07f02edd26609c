"""The outside world behind the ports; each folder here is independent of every other."""
