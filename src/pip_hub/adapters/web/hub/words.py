"""Permissions in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import attrs

from pip_hub.application.flows.view_hub import FlowCard
from pip_hub.domain.permission import Level

_LEVELS: Mapping[Level, str] = {Level.READ: "Read-only", Level.WRITE: "Read and write"}

# Scopes are the MCP server's own words. These are in common use; any other is shown as it is.
_SCOPES: Mapping[str, str] = {
    "mcp": "use all of its tools",
    "mcp:tools": "use its tools",
    "mcp:read": "read what it offers",
    "mcp:resources": "read its resources",
    "mcp:prompts": "use its prompts",
}


@attrs.frozen(kw_only=True)
class Abilities:
    """What the client will be able to do, and where."""

    server: str
    host: str
    known: tuple[str, ...]
    other: tuple[str, ...]


def level_name(level: Level) -> str:
    """A permission level as people read it."""
    return _LEVELS[level]


def what_it_can_do(flow: FlowCard) -> Abilities:
    """The request's resource and scopes."""
    return Abilities(
        server=flow.resource_name,
        host=urlsplit(flow.resource_uri).netloc,
        known=tuple(_SCOPES[scope] for scope in flow.scopes if scope in _SCOPES),
        other=tuple(scope for scope in flow.scopes if scope not in _SCOPES),
    )
