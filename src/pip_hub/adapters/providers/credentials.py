"""What a provider knows us by."""

from __future__ import annotations

import attrs

from pip_hub.domain.secret import Secret


@attrs.frozen(kw_only=True)
class ConnectorCredentials:
    """Our registration at a connector's provider; a public client (`token_auth = "none"`) has no secret."""

    client_id: str
    client_secret: Secret | None
