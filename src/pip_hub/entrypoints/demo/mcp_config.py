"""What the demo's MCP server is told about itself and about the hub."""

from pathlib import Path
from urllib.parse import urlsplit

import attrs


def _without_final_slash(_instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    """One issuer string, everywhere: clients compare it character by character (RFC 8414 3.3, RFC 9207 2.4)."""
    if not value.startswith(("http://", "https://")) or value.endswith("/"):
        raise ValueError(f"{attribute.name} must be an http or https URL without a slash at the end, not {value!r}")


def _with_path(_instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    """The root is taken by the pages, so the MCP endpoint needs a path of its own."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path in {"", "/"} or parts.query:
        raise ValueError(f"{attribute.name} must be an http or https URL with a path and no query, not {value!r}")


@attrs.frozen(kw_only=True)
class DemoMcpConfig:
    """Where the demo's MCP server is, whose tokens it takes and how it asks about them.

    Attributes:
        issuer: the hub, as it calls itself in its own metadata. Never re-derived, never given a slash.
        resource: the URL clients reach the MCP server by, which is also its resource identifier (RFC 8707).
        resource_id: what the hub calls this server when it introspects a token.
        resource_secret: the secret that goes with it.
        scopes: what a token must carry; advertised to clients, in this order.
        sample_client_file: where the sample client keeps what must survive a restart.
        sandbox_url: where the sandbox answers in the place of Xero and Google, without a slash at the end.
    """

    issuer: str = attrs.field(validator=_without_final_slash)
    resource: str = attrs.field(validator=_with_path)
    resource_id: str
    resource_secret: str = attrs.field(repr=False)
    scopes: tuple[str, ...]
    sample_client_file: Path
    sandbox_url: str = attrs.field(default="http://localhost:8401", validator=_without_final_slash)

    @property
    def manage_url(self) -> str:
        """The hub's page where people look after their connections."""
        return f"{self.issuer}/integrations"

    @property
    def origin(self) -> str:
        """Scheme, host and port of the MCP server, without a slash at the end."""
        parts = urlsplit(self.resource)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def path(self) -> str:
        """The path of the MCP endpoint."""
        return urlsplit(self.resource).path

    @property
    def metadata_path(self) -> str:
        """Where RFC 9728 3.1 puts the metadata of a resource with a path."""
        return f"/.well-known/oauth-protected-resource{self.path}"

    @property
    def metadata_url(self) -> str:
        """What the challenge points at (RFC 9728 5.1)."""
        return f"{self.origin}{self.metadata_path}"
