"""Why a connector token cannot be handed out yet, in the words MCP servers get (docs: http.md section 4)."""

from __future__ import annotations

import enum


class Need(enum.StrEnum):
    """What the user has to do first."""

    NOT_CONNECTED = "not_connected"
    NEEDS_ATTENTION = "needs_attention"
    LEVEL_TOO_LOW = "level_too_low"
    ORGANISATION_NOT_CHOSEN = "organisation_not_chosen"
