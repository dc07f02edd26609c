"""Permissions, and what became of them, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import attrs

from pip_hub.application.flows.view_hub import FlowCard
from pip_hub.domain.permission import Level
from pip_hub.domain.revocation import ForgetOutcome

_LEVELS: Mapping[Level, str] = {Level.READ: "Read-only", Level.WRITE: "Read and write"}

# Scopes are the MCP server's own words. These are in common use; any other is shown as it is.
_SCOPES: Mapping[str, str] = {
    "mcp": "all of its tools",
    "mcp:tools": "its tools",
    "mcp:resources": "its resources",
    "mcp:prompts": "its prompts",
}

FORGOTTEN: Mapping[ForgetOutcome, str] = {
    ForgetOutcome.REVOKED: "{provider} has confirmed that {brand}’s access is gone.",
    ForgetOutcome.ALREADY_GONE: "{provider} had ended {brand}’s access before.",
    ForgetOutcome.TRYING: "{brand} can no longer use it. {provider} has not confirmed yet; we keep asking.",
    ForgetOutcome.GIVEN_UP: "{brand} can no longer use it, but {provider} could not be told. "
    "To be sure, remove {brand} in your account settings at {provider}.",
    ForgetOutcome.KEPT: "{brand} can no longer use it here. {provider} still lists {brand}, because another connection "
    "uses the same account there.",
    ForgetOutcome.NOT_OFFERED: "{brand} can no longer use it. {provider} can’t be told from here; "
    "you can remove {brand} in your account settings there.",
}
"""What came of a disconnect at the provider (docs/disconnecting.md has the same table)."""


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
