"""What the hub says about the person behind an access token, as this server's own tools show it."""

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from pip_hub.mcp import HubAccessToken
from pip_hub.mcp.hub_client import text


@attrs.frozen(kw_only=True)
class Connector:
    """One connector as the hub reports it to a resource.

    Attributes:
        name: what people call it.
        status: `not_connected`, `connected`, `limited`, `needs_attention` or `unavailable`.
        account: the account or organisation behind it, if one is connected.
        level: `read` or `write`, if one is connected.
    """

    name: str
    status: str
    account: str | None
    level: str | None


@attrs.frozen(kw_only=True)
class Bearer:
    """Who stands behind an access token that is good at this server."""

    subject: str
    email: str | None
    client_id: str
    scopes: tuple[str, ...]
    connectors: Mapping[str, Connector]


def bearer_of(access: HubAccessToken) -> Bearer:
    """The person, from what came with the check of the token."""
    claims = access.claims or {}
    return Bearer(
        subject=access.subject or "",
        email=text(claims, "username"),
        client_id=access.client_id,
        scopes=tuple(access.scopes),
        connectors=MappingProxyType(_connectors(claims.get("connectors"))),
    )


def _connectors(member: object) -> dict[str, Connector]:
    if not isinstance(member, dict):
        return {}
    return {
        key: Connector(
            name=text(entry, "name") or key,
            status=text(entry, "status") or "unavailable",
            account=text(entry, "account"),
            level=text(entry, "level"),
        )
        for key, entry in member.items()
        if isinstance(key, str) and isinstance(entry, dict)
    }
