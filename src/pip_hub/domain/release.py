"""Whether a link may be used at a level, in the words MCP servers get (docs: http.md section 4)."""

from __future__ import annotations

import enum

from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import Attention, ConnectorLink
from pip_hub.domain.permission import Level


class Need(enum.StrEnum):
    """What the user has to do first."""

    NOT_CONNECTED = "not_connected"
    NEEDS_ATTENTION = "needs_attention"
    LEVEL_TOO_LOW = "level_too_low"
    ORGANISATION_NOT_CHOSEN = "organisation_not_chosen"


def what_is_needed(spec: ConnectorSpec, link: ConnectorLink, level: Level) -> Need | None:
    """What stands in the way of using `link` at `level`, or None.

    The level is the smaller of what the user allows and what the provider granted: a link whose user unticked the
    scope of writing cannot write, whatever its level says.
    """
    if link.attention is Attention.ORGANISATION_NOT_CHOSEN:
        return Need.ORGANISATION_NOT_CHOSEN
    if link.attention is not None:
        return Need.NEEDS_ATTENTION
    if not spec.offers(level) or not link.level.includes(level) or spec.scopes.missing(level, link.granted):
        return Need.LEVEL_TOO_LOW
    return None
