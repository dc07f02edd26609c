"""Redirect URIs: which ones may be registered, when one matches, and how the answer is put into one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlencode, urlsplit

import attrs

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
MAX_LENGTH = 2048

_AUTHORITY = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")

# Schemes that run or read something in the browser instead of handing over to an application. Everything else that is
# not http(s) is a private-use scheme of a native application (RFC 8252 7.1: cursor://, vscode://, com.example.app:/).
_NEVER = frozenset(
    {
        "javascript",
        "data",
        "vbscript",
        "file",
        "filesystem",
        "blob",
        "about",
        "view-source",
        "ftp",
        "ws",
        "wss",
        "mailto",
    }
    | {"chrome", "chrome-extension", "moz-extension", "jar", "intent", "content", "resource", "tel", "sms"}
)


def is_plain_authority(netloc: str) -> bool:
    """Whether this is a host and perhaps a port, and nothing that two parsers could read as two different hosts.

    `urlsplit` takes the host from between brackets and drops what stands around them.
    """
    return _AUTHORITY.fullmatch(netloc) is not None


@attrs.frozen
class RedirectUri:
    """A redirect URI that this server is ready to send a browser to.

    Raises:
        ValueError: at construction, when the text may not be a redirect URI; the message says why.
    """

    value: str = attrs.field()

    @value.validator
    def _is_acceptable(self, _attribute: object, value: str) -> None:
        problem = _problem_with(value)
        if problem is not None:
            raise ValueError(problem)

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.value)

    @property
    def is_loopback(self) -> bool:
        """Whether only a program on the user's own machine can receive it (RFC 8252 7.3)."""
        return self.parts.scheme == "http"

    @property
    def host(self) -> str:
        """What a person should be shown: the host, or for an application's own scheme, the scheme."""
        return self.parts.netloc if self.parts.scheme in {"http", "https"} else f"{self.parts.scheme}:"

    def matches(self, requested: RedirectUri) -> bool:
        """Exact comparison of the whole text (RFC 9700 2.1), except that loopback may use any port (RFC 8252 7.3).

        The name `localhost` gets the same freedom as the addresses: real clients use it, see docs/decisions.
        """
        if self.value == requested.value:
            return True
        if not (self.is_loopback and requested.is_loopback):
            return False
        return _without_port(self.parts) == _without_port(requested.parts)

    def with_answer(self, parameters: Mapping[str, str]) -> str:
        """The URL that carries the answer, keeping the query the client registered (RFC 6749 3.1.2).

        Appended to the text as it is: taken apart and put together again, `app:///callback` would lose two slashes.
        """
        separator = "&" if self.parts.query else "" if self.value.endswith("?") else "?"
        return f"{self.value}{separator}{urlencode(parameters)}"


def _without_port(parts: SplitResult) -> tuple[str, str | None, str, str]:
    return parts.scheme, parts.hostname, parts.path, parts.query


def _problem_with(value: str) -> str | None:
    if len(value) > MAX_LENGTH:
        return f"a redirect URI may have at most {MAX_LENGTH} characters"
    if not value.isascii() or not value.isprintable() or any(character in value for character in ' "<>\\^`{|}'):
        return "a redirect URI may only have the characters RFC 3986 allows"
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return "the redirect URI is not a URI"
    if "#" in value:
        return "a redirect URI must not have a fragment (RFC 6749 section 3.1.2)"
    if "@" in parts.netloc:
        return "a redirect URI must not name a user"
    if port == 0:
        return "a redirect URI must not use port 0"
    return _problem_with_scheme(parts)


def _problem_with_scheme(parts: SplitResult) -> str | None:
    if not parts.scheme:
        return "a redirect URI must be absolute"
    if parts.scheme in _NEVER:
        return f"the scheme {parts.scheme}: is not allowed in a redirect URI"
    if parts.scheme == "https":
        return None if is_plain_authority(parts.netloc) else "the redirect URI has no host, or not a plain one"
    if parts.scheme == "http":
        is_loopback = is_plain_authority(parts.netloc) and parts.hostname in LOOPBACK_HOSTS
        return None if is_loopback else "plain http is allowed for loopback hosts only (RFC 8252 section 7.3)"
    return None if parts.netloc or parts.path else "the redirect URI names nothing behind its scheme"
