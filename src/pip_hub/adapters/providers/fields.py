"""Reading the fields of a connector file: each has a type, each mistake becomes one line."""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Mapping, MutableSequence
from typing import TypeVar
from urllib.parse import urlsplit

import attrs

from pip_hub.domain.redirect_uri import LOOPBACK_HOSTS
from pip_hub.domain.scope import Scopes

_MAX_TEXT = 200
_URL = re.compile(r"[\x21-\x7e]+")

Word = TypeVar("Word", bound=enum.StrEnum)


@attrs.frozen
class Found:
    """A field's value and the file it was found in."""

    value: object
    where: str


@attrs.define
class Fields:
    """The fields of one connector, from all the files that describe it.

    Every method answers the field, or notes a mistake and answers something harmless: the caller reads on, so that
    all mistakes are reported at once, and throws the result away.
    """

    key: str
    home: str
    """The file to add a missing field to."""
    found: Mapping[str, Found]
    mistakes: MutableSequence[str]
    _asked: set[str] = attrs.field(factory=set, init=False)

    def has_any(self, table: str) -> bool:
        """Whether there is at least one field of this table."""
        return any(name.startswith(f"{table}.") or name == table for name in self.found)

    def text(self, name: str, default: str | None = None) -> str:
        """One line of printable text."""
        value = self._get(name, default)
        if value is not None and not _is_text(value):
            self.complain(name, f"must be text of 1 to {_MAX_TEXT} printable characters")
        return value if isinstance(value, str) else ""

    def note(self, name: str) -> str | None:
        """Text that may be missing; an empty one takes away what another file says."""
        self._asked.add(name)
        return self.text(name) if name in self.found and self.found[name].value != "" else None

    def word(self, name: str, pattern: re.Pattern[str], meaning: str, default: str | None = None) -> str:
        """Text that matches a pattern."""
        value = self._get(name, default)
        if value is not None and not (isinstance(value, str) and pattern.fullmatch(value)):
            self.complain(name, f"must be {meaning}")
        return value if isinstance(value, str) else ""

    def choice(self, name: str, words: type[Word]) -> Word:
        """One of an enumeration's words."""
        value = self._get(name, None)
        if isinstance(value, str) and value in {word.value for word in words}:
            return words(value)
        if value is not None:
            self.complain(name, "must be " + " or ".join(f'"{word.value}"' for word in words))
        return next(iter(words))

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """True or false."""
        value = self._get(name, default)
        if value is not None and not isinstance(value, bool):
            self.complain(name, "must be true or false, without quotes")
        return bool(value)

    def number(self, name: str, default: int) -> int:
        """A whole number."""
        value = self._get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.complain(name, "must be a whole number, without quotes")
            return default
        return value

    def optional_number(self, name: str, lowest: int, highest: int) -> int | None:
        """A whole number in a range, None when it is missing."""
        self._asked.add(name)
        if name not in self.found:
            return None
        value = self.found[name].value
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            self.complain(name, f"must be a whole number from {lowest} to {highest}, without quotes")
            return None
        return value

    def url(self, name: str, placeholder: str | None = None) -> str:
        """An endpoint: https, or http on this machine. A placeholder stands in its path exactly once."""
        value = self._get(name, None)
        if value is None:
            return ""
        if not isinstance(value, str) or not _is_endpoint(value):
            self.complain(name, "must be an https URL (http only on localhost) without user name or fragment")
            return ""
        if placeholder is not None and urlsplit(value).path.count(placeholder) != 1:
            self.complain(name, f"must have {placeholder} once in its path")
        return value

    def texts(self, name: str, allowed: frozenset[str] | None = None) -> tuple[str, ...]:
        """A list of texts, not empty."""
        value = self._get(name, None)
        if value is None:
            return ()
        if not isinstance(value, list) or not value or not all(_is_text(item) for item in value):
            self.complain(name, 'must be a list of texts, such as ["one", "two"]')
            return ()
        if allowed is not None and not allowed.issuperset(value):
            self.complain(name, "may only have " + ", ".join(sorted(allowed)))
        return tuple(value)

    def scopes(self, name: str) -> Scopes:
        """A list of scopes, one text each."""
        return self._as_scopes(name, list(self.texts(name)))

    def mapping(self, name: str, forbidden: frozenset[str] = frozenset()) -> Mapping[str, str]:
        """A table of texts, empty when it is missing."""
        value = self._get(name, {})
        if not isinstance(value, dict) or not all(_is_text(item) for item in value.values()):
            self.complain(name, 'must be a table of texts, such as key = "value"')
            return {}
        for key in sorted(forbidden.intersection(value)):
            self.complain(name, f"may not set {key}: pip-hub does")
        return dict(value)

    def scope_lists(self, name: str, *, required: bool) -> Mapping[str, Scopes]:
        """A table of scope lists."""
        value = self._get(name, None if required else {})
        if value is None:
            return {}
        if not isinstance(value, dict) or (required and not value):
            self.complain(name, 'must be a table of scope lists, such as key = ["scope", "scope"]')
            return {}
        return {key: self._as_scopes(name, scopes) for key, scopes in value.items()}

    def complain(self, name: str, problem: str) -> None:
        """Note a mistake in a field."""
        where = self.found[name].where if name in self.found else self.home
        self.mistakes.append(f"{where}: {name} {problem}")

    def finish(self) -> None:
        """Note the fields that nobody asked for."""
        for name in self.found:
            if name in self._asked:
                continue
            if name in {"client_id", "client_secret"}:
                setting = f"PIP_HUB_CONNECTOR_{self.key}_{name}".upper()
                self.complain(name, f"belongs into the settings: {setting}")
                continue
            nearest = difflib.get_close_matches(name, self._asked, n=1)
            hint = f"did you mean {nearest[0]}?" if nearest else "remove it"
            self.complain(name, f"is not a field of a connector; {hint}")

    def _as_scopes(self, name: str, value: object) -> Scopes:
        try:
            if isinstance(value, list) and all(_is_text(item) and " " not in item for item in value):
                return Scopes.parse(" ".join(value))
        except ValueError:
            pass
        self.complain(name, "must list scopes, each a text of its own without spaces")
        return Scopes()

    def _get(self, name: str, default: object) -> object:
        self._asked.add(name)
        if name in self.found:
            return self.found[name].value
        if default is None:
            self.mistakes.append(f"{self.home}: {name} is missing; add it")
        return default


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_TEXT and value.isprintable()


def _is_endpoint(value: str) -> bool:
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    is_local = parts.scheme == "http" and host in LOOPBACK_HOSTS
    return bool(
        _URL.fullmatch(value)
        and host
        and (parts.scheme == "https" or is_local)
        and "@" not in parts.netloc
        and "#" not in value
    )
