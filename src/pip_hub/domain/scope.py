"""Scopes as RFC 6749 section 3.3 writes them: space-separated, case-sensitive, order without meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import attrs

# RFC 6749 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E )
_TOKEN = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")

OFFLINE_ACCESS = "offline_access"
"""OpenID Connect's word for "with a refresh token". Clients ask for it; here every grant can refresh, so it is
accepted and changes nothing."""


@attrs.frozen
class Scopes:
    """An immutable set of scope tokens."""

    tokens: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *tokens: str) -> Scopes:
        """A set of tokens known to be well formed."""
        return cls(frozenset(tokens))

    @classmethod
    def parse(cls, text: str) -> Scopes:
        """Read a `scope` parameter.

        Raises:
            ValueError: a token has a character that RFC 6749 3.3 does not allow.
        """
        tokens = [token for token in text.split(" ") if token]
        if not all(_TOKEN.fullmatch(token) for token in tokens):
            raise ValueError("a scope has a character that RFC 6749 section 3.3 does not allow")
        return cls(frozenset(tokens))

    def format(self) -> str:
        """The `scope` parameter, in a stable order."""
        return " ".join(sorted(self.tokens))

    def is_within(self, other: Scopes) -> bool:
        return self.tokens <= other.tokens

    def __or__(self, other: Scopes) -> Scopes:
        return Scopes(self.tokens | other.tokens)

    def __and__(self, other: Scopes) -> Scopes:
        return Scopes(self.tokens & other.tokens)

    def __sub__(self, other: Scopes) -> Scopes:
        return Scopes(self.tokens - other.tokens)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.tokens))

    def __contains__(self, token: str) -> bool:
        return token in self.tokens

    def __bool__(self) -> bool:
        return bool(self.tokens)


def all_scopes(groups: Iterable[Scopes]) -> Scopes:
    """The union of several scope sets."""
    union = Scopes()
    for group in groups:
        union = union | group
    return union
