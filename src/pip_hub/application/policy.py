"""The operator's choices, as plain values given at composition."""

from __future__ import annotations

from datetime import timedelta

import attrs

from pip_hub.domain.identifiers import ConnectorKey


@attrs.frozen(kw_only=True)
class Policy:
    """`issuer` is the public URL without a slash at the end: issuer (RFC 8414), and base of every link.

    It is one configured string, compared by clients character by character, and never derived from a request.
    """

    issuer: str
    brand: str = "Pip"
    app_url: str | None = None
    required_connectors: tuple[ConnectorKey, ...] = ()
    registration_open: bool = True
    flow_lifetime: timedelta = timedelta(minutes=30)
    attempt_lifetime: timedelta = timedelta(minutes=10)
    code_lifetime: timedelta = timedelta(minutes=10)  # RFC 6749 4.1.2: at most ten minutes
    session_lifetime: timedelta = timedelta(days=30)
    access_token_lifetime: timedelta = timedelta(minutes=60)
    refresh_token_lifetime: timedelta = timedelta(days=30)
    grant_lifetime: timedelta = timedelta(days=365)
    purge_after: timedelta = timedelta(days=1)
    """How long expired things stay, so that a replay is still recognised as one."""

    def callback_url(self, connector: ConnectorKey) -> str:
        """Where a provider sends the browser back; registered with the provider, so it never changes."""
        return f"{self.issuer}/integrations/{connector}/callback"
