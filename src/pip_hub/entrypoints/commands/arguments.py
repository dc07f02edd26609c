"""What several commands read from their arguments."""

from __future__ import annotations

import argparse

_PORTS = range(1, 65536)


def port(text: str) -> int:
    """A TCP port.

    Raises:
        argparse.ArgumentTypeError: not a number from 1 to 65535.
    """
    if not text.isascii() or not text.isdecimal() or int(text) not in _PORTS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from {_PORTS.start} to {_PORTS.stop - 1}")
    return int(text)


def count(text: str) -> int:
    """A number of things, at least one.

    Raises:
        argparse.ArgumentTypeError: not a whole number, or less than one.
    """
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 up")
    return int(text)
