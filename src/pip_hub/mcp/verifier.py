"""Checking the tokens of MCP clients by introspection (RFC 7662)."""

import logging
import math
import re
import time
from collections.abc import Callable
from typing import Any, Final

import attrs
import httpx2
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from pydantic import ConfigDict, Field

from pip_hub.mcp.errors import HubUnavailable
from pip_hub.mcp.hub_client import HubClient, Members, text
from pip_hub.mcp.kept_tokens import KeptTokens

logger = logging.getLogger(__name__)

_LONGEST_TOKEN: Final = 4096
# RFC 6750 2.1, b64token. Whatever looks different was never issued by anybody, so the hub need not hear of it.
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]+=*")


class HubAccessToken(AccessToken):
    """The SDK's access token, which also knows the hub it came from. `claims` is all that the hub said about it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    token: str = Field(repr=False)
    hub: HubClient = Field(repr=False, exclude=True)


@attrs.frozen(kw_only=True)
class HubTokenVerifier:
    """The SDK's `TokenVerifier`, by asking the hub.

    A good token is believed for `cache_seconds` more, and never beyond its own end. That spares the hub a question
    per request, and it is the price: access that a user takes away in the hub may go on for that long at tools that
    use no connector. `connector_token` asks the hub each time, so connected services are out of reach at once. With
    `cache_seconds=0` everything is. What the hub does not know is never remembered.

    Attributes:
        issuer: the hub's public URL, exactly as in its metadata, without a slash at the end.
        resource: this MCP server's URL, as it was registered with `pip-hub resources add`.
        resource_id: the id that command printed.
        resource_secret: the secret that command printed.
        cache_seconds: how long a good token is believed without asking again.
        cache_size: how many tokens are remembered at most.
        http: speaks to the hub; one of its own by default.
        clock: seconds that only go forward, for the cache.
    """

    issuer: str
    resource: str
    resource_id: str
    resource_secret: str = attrs.field(repr=False)
    cache_seconds: float = 10.0
    cache_size: int = 1000
    http: httpx2.AsyncClient = attrs.field(factory=httpx2.AsyncClient, repr=False)
    clock: Callable[[], float] = time.monotonic
    _hub: HubClient = attrs.field(init=False, repr=False)
    _good: KeptTokens[HubAccessToken] = attrs.field(init=False, repr=False)

    @_hub.default
    def _make_hub(self) -> HubClient:
        return HubClient(
            issuer=self.issuer,
            resource=self.resource,
            resource_id=self.resource_id,
            resource_secret=self.resource_secret,
            http=self.http,
        )

    @_good.default
    def _make_cache(self) -> KeptTokens[HubAccessToken]:
        return KeptTokens(lifetime=self.cache_seconds, size=self.cache_size, clock=self.clock)

    def auth_settings(self, *required_scopes: str) -> AuthSettings:
        """What the SDK's servers want to know beside the verifier, for tokens with these scopes."""
        # From text, since a URL value would have put a slash at the end, and clients compare to the letter.
        return AuthSettings.model_validate(
            {
                "issuer_url": self.issuer,
                "resource_server_url": self.resource,
                "required_scopes": list(required_scopes),
                "validate_token_resource": False,  # done here, to the letter
            }
        )

    async def verify_token(self, token: str) -> HubAccessToken | None:
        """The token if it is good here and now; None if it is unknown, expired, revoked or meant for another server.

        Raises:
            HubUnavailable: the hub gave no usable answer, which says nothing about the token.
            HubRefused: the hub does not accept this MCP server's own credentials.
        """
        if len(token) > _LONGEST_TOKEN or not _TOKEN.fullmatch(token):
            return None
        kept = self._good.get(token)
        if kept is not None:
            return kept
        access = self._read(token, await self._hub.introspect(token))
        if access is not None:
            good_for = None if access.expires_at is None else access.expires_at - time.time()
            self._good.put(token, access, good_for=good_for)
        return access

    async def aclose(self) -> None:
        """Close the connections to the hub."""
        await self.http.aclose()

    def _read(self, token: str, answer: Members) -> HubAccessToken | None:
        if answer.get("active") is not True:
            return None
        # RFC 7662 4: a token for another resource is active all the same, and it is on us to notice.
        if not self._is_for_us(answer):
            logger.warning("refused an active token that was issued for another server or by another issuer")
            return None
        expires_at = _seconds(answer.get("exp"))
        if expires_at is not None and expires_at <= time.time():
            return None
        subject, client_id = text(answer, "sub"), text(answer, "client_id")
        if subject is None or client_id is None:
            raise HubUnavailable("The hub's answer does not say whose access token it is.")
        return HubAccessToken(
            token=token,
            client_id=client_id,
            scopes=(text(answer, "scope") or "").split(),
            expires_at=expires_at,
            resource=self.resource,
            subject=subject,
            claims=_claims(answer),
            hub=self._hub,
        )

    def _is_for_us(self, answer: Members) -> bool:
        audience = answer.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        return self.resource in audiences and answer.get("iss", self.issuer) == self.issuer


def _claims(answer: Members) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "active"}


def _seconds(value: object) -> int | None:
    """A time in seconds since 1970 (RFC 7662 2.2), None if there is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise HubUnavailable("The hub's answer does not say until when the access token is good.")
    return int(value)
