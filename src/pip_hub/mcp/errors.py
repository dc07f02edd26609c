"""What can stand between an MCP server and a connector token.

Everything a person or the passing of time can mend is a `ToolError` of the SDK: raised in a tool and not caught, its
text reaches the person as the tool's answer, link included. `HubRefused` is none, since only the author or the
operator of the MCP server can mend it: the SDK logs it and shows nobody the details.
"""

from typing import Final

import attrs
from mcp.server.mcpserver.exceptions import ToolError

COME_BACK: Final = 5
"""Seconds to wait where the hub names no time of its own."""


class HubError(ToolError):
    """Something that a person, or a little time, can mend. As text it is a finished message for that person."""


@attrs.frozen(kw_only=True)
class ConnectionNeeded(HubError):
    """The user has to do something on the hub's page first.

    Attributes:
        connector: the connector's key.
        name: what people call it.
        level: what was asked for, `read` or `write`.
        reason: `not_connected`, `needs_attention`, `level_too_low` or `organisation_not_chosen`.
        connect_url: the hub's page, opened on that connector. It carries no secret and asks the person to sign in.
    """

    connector: str
    name: str
    level: str
    reason: str
    connect_url: str

    @property
    def explanation(self) -> str:
        """What is missing, in words for a person, without the link."""
        match self.reason:
            case "not_connected":
                return f"{self.name} is not connected yet."
            case "needs_attention":
                return f"The connection to {self.name} no longer works and has to be made again."
            case "organisation_not_chosen":
                return f"{self.name} reaches several organisations, and none has been chosen yet."
            case "level_too_low" if self.level == "write":
                return f"{self.name} is connected, but not for making changes, and this makes one."
            case "level_too_low":
                return f"{self.name} is connected, but with fewer permissions than this needs."
            case _:
                return f"{self.name} can't be used yet."

    def __str__(self) -> str:
        return f"{self.explanation} Open {self.connect_url} to change that, then try again."


@attrs.frozen
class HubUnavailable(HubError):
    """The hub, or the service behind a connector, gave no usable answer: nothing is known, and nothing is lost.

    Attributes:
        statement: one sentence for a person.
        retry_after: seconds after which another try makes sense.
    """

    statement: str
    retry_after: int = attrs.field(default=COME_BACK, kw_only=True)

    def __str__(self) -> str:
        return f"{self.statement} Try again in {self.retry_after} seconds."


class SignInEnded(HubError):
    """The MCP access token stopped being good while the tool was running: it expired, or was revoked in the hub."""

    def __str__(self) -> str:
        return "The sign-in behind this call has ended. Sign in again, then try again."


@attrs.frozen
class HubRefused(Exception):
    """A mistake in this MCP server or in its set-up: wrong credentials, an unknown connector, a call out of place.

    Attributes:
        statement: one sentence for whoever runs the MCP server.
        error: the hub's OAuth error word, if it gave one.
    """

    statement: str
    error: str | None = None

    def __str__(self) -> str:
        return self.statement if self.error is None else f"{self.statement} ({self.error})"
