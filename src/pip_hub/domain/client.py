"""MCP clients: the applications that ask for tokens (RFC 6749 section 2)."""

from __future__ import annotations

import enum
import unicodedata
from datetime import datetime
from urllib.parse import urlsplit

import attrs

from pip_hub.domain.identifiers import ClientId
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.secret import Digest, Secret, digest_of, same_digest

MAX_NAME_LENGTH = 100
MAX_URI_LENGTH = 2048


class ClientAuthMethod(enum.StrEnum):
    """`token_endpoint_auth_method` (RFC 7591 section 2)."""

    NONE = "none"
    BASIC = "client_secret_basic"
    POST = "client_secret_post"


@attrs.frozen(kw_only=True)
class Client:
    """What one MCP client may do."""

    id: ClientId
    name: str
    redirect_uris: tuple[RedirectUri, ...]
    auth_method: ClientAuthMethod
    secret_digest: Digest | None = None
    client_uri: str | None = None
    created_at: datetime

    def redirect_uri(self, requested: str | None) -> RedirectUri | None:
        """The redirect URI to answer to, or None when the requested one is not this client's.

        RFC 6749 3.1.2.3: it may be left out only when exactly one is registered.
        """
        if requested is None:
            return self.redirect_uris[0] if len(self.redirect_uris) == 1 else None
        try:
            candidate = RedirectUri(requested)
        except ValueError:
            return None
        return candidate if any(known.matches(candidate) for known in self.redirect_uris) else None

    def knows(self, secret: Secret) -> bool:
        """Whether `secret` is this client's secret."""
        return self.secret_digest is not None and same_digest(self.secret_digest, digest_of(secret))


def display_name(text: str | None, redirect_uri: RedirectUri) -> str:
    """The name shown to people: what the client calls itself, without characters that could disguise it.

    Control and format characters (Unicode Cc, Cf, Co, Cs) go, since a right-to-left override can make a name read as
    another; an empty name becomes the host the answer is sent to.
    """
    visible = "".join(
        character
        for character in unicodedata.normalize("NFC", text or "")
        if not unicodedata.category(character).startswith("C")
    )
    name = " ".join(visible.split())
    return name[:MAX_NAME_LENGTH].rstrip() or redirect_uri.host


def is_web_page(uri: str) -> bool:
    """Whether `uri` may stand behind a link on our pages."""
    if not uri.isascii() or not uri.isprintable() or " " in uri:
        return False
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and len(uri) <= MAX_URI_LENGTH
