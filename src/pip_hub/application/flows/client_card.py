"""What a page tells a person about the client that asks."""

from __future__ import annotations

import attrs

from pip_hub.domain.client import Client, is_web_page
from pip_hub.domain.redirect_uri import RedirectUri


@attrs.frozen(kw_only=True)
class ClientCard:
    """Name and destination; `home` is a link for the way back, where there is one."""

    name: str
    redirect_host: str
    redirect_uri: RedirectUri
    is_loopback: bool
    home: str | None

    @classmethod
    def of(cls, client: Client, redirect_uri: RedirectUri) -> ClientCard:
        return cls(
            name=client.name,
            redirect_host=redirect_uri.host,
            redirect_uri=redirect_uri,
            is_loopback=redirect_uri.is_loopback,
            home=_home(client, redirect_uri),
        )


def _home(client: Client, redirect_uri: RedirectUri) -> str | None:
    if client.client_uri is not None and is_web_page(client.client_uri):
        return client.client_uri
    if redirect_uri.parts.scheme == "https":
        return f"https://{redirect_uri.parts.netloc}/"
    return None
