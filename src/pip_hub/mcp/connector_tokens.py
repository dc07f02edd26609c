"""Connector tokens: what an MCP server calls the connected service with (RFC 8693)."""

import time
from datetime import UTC, datetime
from typing import Any, Final, Literal

import attrs
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context

from pip_hub.mcp.errors import ConnectionNeeded, HubRefused, HubUnavailable, SignInEnded
from pip_hub.mcp.hub_client import Members, Refusal, text
from pip_hub.mcp.verifier import HubAccessToken

Level = Literal["read", "write"]
ToolContext = Context[Any, Any] | ServerRequestContext[Any, Any]
"""What the SDK hands to a tool, in either of its two kinds of server."""

_LEVELS: Final[dict[str | None, Level]] = {"read": "read", "write": "write"}
_LONGEST_LIFETIME: Final = 10 * 365 * 24 * 60 * 60


@attrs.frozen(kw_only=True)
class ConnectorToken:
    """An access token of the connected service, good for a while yet. Use it for this call and do not store it.

    Attributes:
        access_token: the bearer token for the service's own API. Nothing prints it.
        expires_at: its end, in UTC.
        level: what the user allows: `read` or `write`. Keep to it.
        token_allows: what the service itself would let the token do; `write` beside a `level` of `read` where the
            service offers no narrower token.
        account: the account it belongs to, as people know it.
        organisation: the chosen organisation's name, where the service has such.
        organisation_id: the service's own id for it.
    """

    access_token: str = attrs.field(repr=False)
    expires_at: datetime
    level: Level
    token_allows: Level
    account: str | None
    organisation: str | None
    organisation_id: str | None


async def connector_token(ctx: ToolContext, connector: str, level: Level) -> ConnectorToken:
    """A token of the connected service, in the name of the user whose MCP client is calling.

    The hub checks everything anew each time, so that what the user changes there counts from the next call.

    Args:
        ctx: the context the SDK gave to the tool.
        connector: the connector's key, such as `xero`.
        level: `read`, or `write` for a call that changes something.

    Raises:
        ConnectionNeeded: the user has to do something in the hub first; it says what and where.
        HubUnavailable: the hub or the service gives no answer now.
        SignInEnded: the MCP access token itself is no longer good.
        HubRefused: a mistake in this MCP server or its set-up.
    """
    access = _access_token(ctx)
    asked_at = time.time()
    answer = await access.hub.exchange(subject_token=access.token, connector=connector, level=level)
    if isinstance(answer, Refusal):
        raise await _trouble(access, answer, connector, level)
    return _read(answer, asked_at)


def _access_token(ctx: ToolContext) -> HubAccessToken:
    """The one that came with this very request, and not with an earlier one of the same session."""
    request = (ctx.request_context if isinstance(ctx, Context) else ctx).request
    user = getattr(request, "scope", {}).get("user")
    access = user.access_token if isinstance(user, AuthenticatedUser) else None
    if not isinstance(access, HubAccessToken):
        raise HubRefused("This call came in without an access token that a HubTokenVerifier has checked.")
    return access


async def _trouble(access: HubAccessToken, refusal: Refusal, connector: str, level: Level) -> Exception:
    """What the hub's refusal means for the caller."""
    if refusal.error == "interaction_required":
        connect_url = text(refusal.members, "connect_url") or ""
        if not connect_url.startswith(f"{access.hub.issuer}/") or not _is_one_word(connect_url):
            return HubUnavailable("The hub's answer about the connected service could not be understood.")
        return ConnectionNeeded(
            connector=connector,
            name=_name_of(access, connector),
            level=level,
            reason=text(refusal.members, "reason") or "",
            connect_url=connect_url,
        )
    # RFC 8693 2.2.2 has one word for a bad request and for a token that is no longer good; only the second is news.
    if refusal.error == "invalid_request" and (await access.hub.introspect(access.token)).get("active") is not True:
        return SignInEnded()
    return HubRefused(f"The hub refused to give a token for {connector!r} at level {level!r}.", refusal.error)


def _name_of(access: HubAccessToken, connector: str) -> str:
    """The connector's name as the hub gave it with the access token, or its key."""
    connectors = (access.claims or {}).get("connectors")
    entry = connectors.get(connector) if isinstance(connectors, dict) else None
    return (text(entry, "name") if isinstance(entry, dict) else None) or connector


def _read(answer: Members, asked_at: float) -> ConnectorToken:
    """RFC 8693 2.2.1, and the members of `connector`, which are the hub's own."""
    about = answer.get("connector")
    about = about if isinstance(about, dict) else {}
    access_token, lifetime = text(answer, "access_token"), _lifetime(answer)
    level = _LEVELS.get(text(about, "level") or text(answer, "scope"))
    is_bearer = (text(answer, "token_type") or "").lower() == "bearer" and _is_one_word(access_token or "")
    if access_token is None or level is None or lifetime is None or not is_bearer:
        raise HubUnavailable("The hub's answer with the connected service's token could not be understood.")
    return ConnectorToken(
        access_token=access_token,
        expires_at=datetime.fromtimestamp(asked_at + lifetime, UTC),
        level=level,
        token_allows=_LEVELS.get(text(about, "token_allows"), level),
        account=text(about, "account"),
        organisation=text(about, "organisation"),
        organisation_id=text(about, "organisation_id"),
    )


def _lifetime(answer: Members) -> int | None:
    """The seconds the token is good for, None for what makes no sense."""
    seconds = answer.get("expires_in")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < _LONGEST_LIFETIME:
        return None
    return seconds


def _is_one_word(value: str) -> bool:
    """A token goes into a header of the service's API, a link into a sentence; neither may break out of it."""
    return value.isascii() and value.isprintable() and " " not in value
