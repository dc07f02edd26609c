"""How values of the domain become columns, the same in SQLite and PostgreSQL."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import attrs
from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from pip_hub.domain.connector_link import Organisation
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.scope import Scopes

T = TypeVar("T")

# PostgreSQL's text has no NUL, and neither database stores half a surrogate pair. Both arrive in hostile requests and
# in providers' answers, and must be found, or not found, like any other text. So they are written as ESC and four hex
# digits, and ESC itself too; all other text is stored as it is.
_UNSTORABLE = re.compile("[\x00\x1b\ud800-\udfff]")
_ESCAPED = re.compile("\x1b([0-9a-f]{4})")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, to the microsecond; it always comes back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("only aware times are stored")
        utc = value.astimezone(UTC)
        # SQLite stores text, and compares it: without an offset it always has the same width.
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class StoredAsText(TypeDecorator[T]):
    """A value that is written as text, ordered by code points."""

    impl = Text
    cache_ok = True

    def __init__(self, read: Callable[[str], T], write: Callable[[T], str]) -> None:
        super().__init__()
        self.read = read
        self.write = write

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: T | None, dialect: Dialect) -> str | None:
        return None if value is None else _UNSTORABLE.sub(_escape, self.write(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> T | None:
        return None if value is None else self.read(_ESCAPED.sub(_unescape, value))


def text() -> StoredAsText[str]:
    """Any text, identifiers included."""
    return StoredAsText(str, str)


def value(kind: Callable[[str], T]) -> StoredAsText[T]:
    """A domain type made from its own `value`: `Digest`, `Sealed`, `RedirectUri`, an enumeration and the like."""
    return StoredAsText(kind, _value_of)


def scopes() -> StoredAsText[Scopes]:
    """Scopes, in the form of RFC 6749 3.3."""
    return StoredAsText(_read_scopes, Scopes.format)


def redirect_uris() -> StoredAsText[tuple[RedirectUri, ...]]:
    """Redirect URIs, as a JSON list."""
    return StoredAsText(_read_redirect_uris, _write_redirect_uris)


def organisations() -> StoredAsText[tuple[Organisation, ...]]:
    """Organisations in their order, as a JSON list."""
    return StoredAsText(_read_organisations, _write_organisations)


def _value_of(value: Any) -> str:
    return str(value.value)


def _read_scopes(text: str) -> Scopes:
    return Scopes(frozenset(text.split(" "))) if text else Scopes()


def _read_redirect_uris(text: str) -> tuple[RedirectUri, ...]:
    return tuple(RedirectUri(uri) for uri in json.loads(text))


def _write_redirect_uris(uris: tuple[RedirectUri, ...]) -> str:
    return json.dumps([uri.value for uri in uris])


def _read_organisations(text: str) -> tuple[Organisation, ...]:
    return tuple(Organisation(**fields) for fields in json.loads(text))


def _write_organisations(organisations: tuple[Organisation, ...]) -> str:
    # Not in ASCII: two halves of a surrogate pair that came apart would be read back as one character.
    return json.dumps([attrs.asdict(organisation) for organisation in organisations], ensure_ascii=False)


def _escape(match: re.Match[str]) -> str:
    return f"\x1b{ord(match[0]):04x}"


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16))
