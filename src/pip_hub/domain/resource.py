"""Protected resources: the MCP servers that tokens may be issued for (RFC 8707, RFC 9728)."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

import attrs

from pip_hub.domain.identifiers import ResourceId
from pip_hub.domain.scope import OFFLINE_ACCESS, Scopes
from pip_hub.domain.secret import Digest, Secret, digest_of, same_digest


def canonical_resource(text: str) -> str:
    """The one spelling of a resource indicator (MCP authorization, "Canonical Server URI").

    Scheme and host are lower-cased and a path of only "/" is dropped, so that both usual spellings of a bare origin
    name the same server.

    Raises:
        ValueError: not an absolute http(s) URI, or it has a fragment (RFC 8707 section 2).
    """
    parts = urlsplit(text)
    usable = parts.scheme in {"http", "https"} and parts.hostname and "#" not in text and "@" not in parts.netloc
    if not usable or not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("a resource is an absolute http(s) URI without a fragment")
    path = "" if parts.path == "/" and not parts.query else parts.path
    return urlunsplit(parts._replace(netloc=parts.netloc.lower(), path=path))


@attrs.frozen(kw_only=True)
class Resource:
    """One MCP server, with the credentials it introspects with."""

    id: ResourceId
    uri: str = attrs.field(converter=canonical_resource)
    name: str
    scopes: Scopes
    secret_digest: Digest
    created_at: datetime

    def knows(self, secret: Secret) -> bool:
        """Whether `secret` is this resource's secret."""
        return same_digest(self.secret_digest, digest_of(secret))

    def scopes_for(self, requested: Scopes) -> Scopes | None:
        """What of a request can be granted: everything offered when nothing is asked, None when nothing fits.

        RFC 6749 3.3 lets a server grant less than asked as long as it says so; clients routinely ask for scopes they
        read elsewhere.
        """
        asked = requested - Scopes.of(OFFLINE_ACCESS)
        if not asked:
            return self.scopes
        return (asked & self.scopes) or None
