"""The two things an MCP server asks its hub: whose token is this, and may I have that connector's token for them."""

import base64
import logging
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

import attrs
import httpx2

from pip_hub.mcp.errors import COME_BACK, HubRefused, HubUnavailable

logger = logging.getLogger(__name__)

Members = Mapping[str, object]
"""The members of a JSON object."""

_CHECKING: Final = 10.0
"""Seconds the hub may take to look a token up, per step of the request."""
_EXCHANGING: Final = 30.0
"""The same for a connector token: the hub may have to renew it at the provider first."""

_LONGEST_WAIT: Final = 3600
_WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_ERROR_WORD: Final = re.compile(r"[a-z_]{1,40}")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@attrs.frozen(kw_only=True)
class Refusal:
    """A 4xx of the hub: its OAuth error word, and whatever came with it."""

    error: str
    members: Members


def _safe_issuer(_instance: object, _attribute: object, value: str) -> None:
    """Secrets go there, and clients compare it to the letter (RFC 8414 3.3)."""
    parts = urlsplit(value)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not safe or not parts.netloc or value.endswith("/") or "?" in value or "#" in value:
        raise ValueError(
            f"the issuer must be an https URL (http on this machine only) without a slash at the end, not {value!r}"
        )


@attrs.frozen(kw_only=True)
class HubClient:
    """A hub, and the MCP server as the hub knows it.

    Raises:
        HubUnavailable: by every call, when there is no usable answer.
        HubRefused: by every call, when the hub does not accept this MCP server's own credentials.
    """

    issuer: str = attrs.field(validator=_safe_issuer)
    resource: str
    resource_id: str
    resource_secret: str = attrs.field(repr=False)
    http: httpx2.AsyncClient = attrs.field(repr=False)

    async def introspect(self, token: str) -> Members:
        """What the hub says about a token (RFC 7662 2.2)."""
        form = {"token": token, "token_type_hint": "access_token"}
        answer = await self._ask("introspect", form, "check the access token", _CHECKING)
        if isinstance(answer, Refusal):
            raise HubRefused("The hub did not understand this MCP server's question about a token.", answer.error)
        return answer

    async def exchange(self, *, subject_token: str, connector: str, level: str) -> Members | Refusal:
        """Ask for a connector token in the name of the token's user (RFC 8693 2.1)."""
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": subject_token,
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "audience": connector,
            "scope": level,
        }
        return await self._ask("token", form, "give access to the connected service", _EXCHANGING)

    async def _ask(self, endpoint: str, form: Mapping[str, str], what: str, patience: float) -> Members | Refusal:
        try:
            response = await self.http.post(
                f"{self.issuer}/oauth/{endpoint}",
                data=form,
                headers={"Authorization": self._credentials(), "Accept": "application/json"},
                timeout=patience,
            )
        except httpx2.HTTPError as error:
            logger.warning("the hub cannot be reached to %s: %s", what, type(error).__name__)
            raise HubUnavailable(f"The hub could not be reached to {what}.") from error
        if response.status_code in {httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN}:
            logger.error("the hub refused this MCP server's own credentials; register it again and restart")
            raise HubRefused("The hub does not accept this MCP server's own credentials.", "invalid_client")
        members = _json_object(response)
        if response.status_code == httpx2.codes.OK and members is not None:
            return members
        error_word = members.get("error") if members is not None else None
        if response.status_code == httpx2.codes.BAD_REQUEST and members is not None and _is_error_word(error_word):
            return Refusal(error=str(error_word), members=members)
        logger.warning("the hub could not %s: status %d", what, response.status_code)
        raise HubUnavailable(f"The hub could not {what} just now.", retry_after=_wait(response))

    def _credentials(self) -> str:
        """HTTP Basic with both halves form-encoded first (RFC 6749 2.3.1)."""
        pair = f"{quote(self.resource_id, safe='')}:{quote(self.resource_secret, safe='')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"


def text(members: Members, name: str) -> str | None:
    """A member that is a string with something in it, else None."""
    value = members.get(name)
    # JSON can spell half of a character, which no answer could carry on.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) and value else None


def _json_object(response: httpx2.Response) -> Members | None:
    try:
        members = response.json()
    except (ValueError, RecursionError):
        return None
    return members if isinstance(members, dict) else None


def _is_error_word(word: object) -> bool:
    """Only such words go on into logs and messages."""
    return isinstance(word, str) and _ERROR_WORD.fullmatch(word) is not None


def _wait(response: httpx2.Response) -> int:
    """The seconds the hub asks for, within reason (RFC 9110 10.2.3; a date counts as no wish)."""
    header = response.headers.get("retry-after", "")
    return min(max(int(header), 1), _LONGEST_WAIT) if _WHOLE_NUMBER.fullmatch(header) else COME_BACK
