"""What the in-memory storage holds: one dictionary per collection, of values that never change."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

import attrs

from pip_hub.domain.activity import ActivityEntry
from pip_hub.domain.authorization_code import AuthorizationCode
from pip_hub.domain.client import Client
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.grant import AccessToken, Grant, RefreshToken
from pip_hub.domain.identifiers import (
    ClientId,
    ConnectorKey,
    FlowId,
    GrantId,
    ProviderGrantId,
    RevocationId,
    UserId,
)
from pip_hub.domain.mcp_flow import McpFlow
from pip_hub.domain.notice import Notice
from pip_hub.domain.provider_grant import ProviderGrant
from pip_hub.domain.resource import Resource
from pip_hub.domain.revocation import Revocation
from pip_hub.domain.secret import Digest
from pip_hub.domain.session import Session
from pip_hub.domain.user import User

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@attrs.define(kw_only=True)
class Tables:
    """Everything stored. The values are frozen, so copying the dictionaries copies all there is."""

    clients: dict[ClientId, Client] = attrs.field(factory=dict)
    resources: dict[str, Resource] = attrs.field(factory=dict)
    users: dict[UserId, User] = attrs.field(factory=dict)
    sessions: dict[Digest, Session] = attrs.field(factory=dict)
    notices: dict[Digest, tuple[Notice, ...]] = attrs.field(factory=dict)
    flows: dict[FlowId, McpFlow] = attrs.field(factory=dict)
    connection_attempts: dict[Digest, ConnectionAttempt] = attrs.field(factory=dict)
    connector_links: dict[tuple[UserId, ConnectorKey], ConnectorLink] = attrs.field(factory=dict)
    provider_grants: dict[ProviderGrantId, ProviderGrant] = attrs.field(factory=dict)
    revocations: dict[RevocationId, Revocation] = attrs.field(factory=dict)
    activity: dict[tuple[UserId, str], ActivityEntry] = attrs.field(factory=dict)
    grants: dict[GrantId, Grant] = attrs.field(factory=dict)
    authorization_codes: dict[Digest, AuthorizationCode] = attrs.field(factory=dict)
    access_tokens: dict[Digest, AccessToken] = attrs.field(factory=dict)
    refresh_tokens: dict[Digest, RefreshToken] = attrs.field(factory=dict)

    def copied(self) -> Tables:
        """A copy that can be changed without changing this one."""
        return Tables(**{field.name: dict(getattr(self, field.name)) for field in attrs.fields(Tables)})


def insert(table: dict[Key, Value], key: Key, value: Value) -> None:
    """Add what is new to a table.

    Raises:
        ValueError: the key is taken, which a database would refuse as well.
    """
    if key in table:
        raise ValueError(f"there is a {type(value).__name__} under this key already")
    table[key] = value
