"""How a command refuses: one clear line on stderr, with the remedy, and exit status 1."""

from __future__ import annotations


class Refusal(Exception):
    """`lines` go to stderr as they are, each telling one thing and its remedy."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
