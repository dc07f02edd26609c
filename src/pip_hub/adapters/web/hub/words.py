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
    "mcp": "all of its tools",
    "mcp:tools": "its tools",
    "mcp:resources": "its resources",
    "mcp:prompts": "its prompts",
}


@attrs.frozen(kw_only=True)
class Ability:
    """One scope; `words` where they are known."""

    scope: str
    words: str | None


@attrs.frozen(kw_only=True)
class Abilities:
    """What the client will be able to do, and where."""

    server: str
    host: str
    scopes: tuple[Ability, ...]


def level_name(level: Level) -> str:
    """A permission level as people read it."""
    return _LEVELS[level]


def what_it_can_do(flow: FlowCard) -> Abilities:
    """The request's resource and scopes."""
    return Abilities(
        server=flow.resource_name,
        host=urlsplit(flow.resource_uri).netloc,
        scopes=tuple(Ability(scope=scope, words=_SCOPES.get(scope)) for scope in flow.scopes),
    )
