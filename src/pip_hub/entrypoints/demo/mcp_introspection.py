"""Asking the hub about a bearer token (RFC 7662), each time one is used."""

import base64
import logging
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

import attrs
import httpx2

from pip_hub.entrypoints.demo.mcp_config import DemoMcpConfig

logger = logging.getLogger(__name__)


class HubUnavailable(Exception):
    """The hub gave no usable answer, so nothing is known about the token: not that it is good, not that it is bad."""


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


@attrs.frozen(kw_only=True)
class AskHub:
    """Ask the hub whose token this is.

    Nothing is remembered between two calls: whoever takes access away in the hub expects the very next call to fail.

    Raises:
        HubUnavailable: the hub is unreachable, in trouble, refuses this server's credentials or answers nonsense.
    """

    http: httpx2.AsyncClient
    config: DemoMcpConfig

    async def __call__(self, token: str) -> Bearer | None:
        """The bearer, or None for a token that is unknown, expired, revoked or meant for another server."""
        answer = await self._ask(token)
        if answer.get("active") is not True:
            return None
        # RFC 7662 4: a token for another resource is active all the same, and it is on us to notice.
        if not self._is_for_us(answer):
            logger.warning("refused an active token that was issued for another server or by another issuer")
            return None
        return _bearer(answer)

    async def _ask(self, token: str) -> Mapping[str, object]:
        try:
            response = await self.http.post(
                f"{self.config.issuer}/oauth/introspect",
                data={"token": token, "token_type_hint": "access_token"},
                headers={"Authorization": self._credentials(), "Accept": "application/json"},
            )
        except httpx2.HTTPError as error:
            logger.warning("the hub cannot be reached for introspection: %s", type(error).__name__)
            raise HubUnavailable("The hub could not be reached to check the access token.") from error
        if response.status_code in {401, 403}:
            logger.error("the hub refused this MCP server's own credentials; register it again and restart")
            raise HubUnavailable("The hub does not accept this MCP server's own credentials.")
        if response.status_code != httpx2.codes.OK:
            logger.warning("the hub answered an introspection with status %d", response.status_code)
            raise HubUnavailable("The hub could not check the access token just now.")
        return _json_object(response)

    def _credentials(self) -> str:
        """HTTP Basic with both halves form-encoded first (RFC 6749 2.3.1)."""
        pair = f"{quote(self.config.resource_id, safe='')}:{quote(self.config.resource_secret, safe='')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    def _is_for_us(self, answer: Mapping[str, object]) -> bool:
        audience = answer.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        return self.config.resource in audiences and answer.get("iss", self.config.issuer) == self.config.issuer


def _json_object(response: httpx2.Response) -> Mapping[str, object]:
    try:
        answer = response.json()
    except ValueError as error:
        raise HubUnavailable("The hub's answer about the access token could not be read.") from error
    if not isinstance(answer, dict):
        raise HubUnavailable("The hub's answer about the access token could not be read.")
    return answer


def _bearer(answer: Mapping[str, object]) -> Bearer:
    subject, client_id = _text(answer, "sub"), _text(answer, "client_id")
    if subject is None or client_id is None:
        raise HubUnavailable("The hub's answer does not say whose access token it is.")
    return Bearer(
        subject=subject,
        email=_text(answer, "username"),
        client_id=client_id,
        scopes=tuple((_text(answer, "scope") or "").split()),
        connectors=MappingProxyType(_connectors(answer.get("connectors"))),
    )


def _connectors(member: object) -> dict[str, Connector]:
    if not isinstance(member, dict):
        return {}
    return {
        key: Connector(
            name=_text(entry, "name") or key,
            status=_text(entry, "status") or "unavailable",
            account=_text(entry, "account"),
            level=_text(entry, "level"),
        )
        for key, entry in member.items()
        if isinstance(key, str) and isinstance(entry, dict)
    }


def _text(answer: Mapping[str, object], member: str) -> str | None:
    value = answer.get(member)
    # JSON can spell half of a character, which no answer could carry on.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) and value else None
