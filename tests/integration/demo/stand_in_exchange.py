"""Token exchange (RFC 8693) as the stand-in hub does it: what a person has connected, and what is given out for it."""

from typing import Any

import attrs
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
KNOWN = ("xero", "gmail", "google_sheets")


@attrs.frozen(kw_only=True)
class Connection:
    """What somebody has connected, and the token the hub holds for it."""

    access_token: str = "a-token-of-the-service"
    level: str = "read"
    token_allows: str | None = None
    account: str | None = "Demo Company (AU)"
    organisation: str | None = "Demo Company (AU)"
    organisation_id: str | None = "7b1c9d20-0000-4000-8000-0000000000a1"
    needs: str | None = None

    def given_out(self, level: str) -> dict[str, Any]:
        about = {
            "account": self.account,
            "organisation": self.organisation,
            "organisation_id": self.organisation_id,
            "level": level,
        }
        return {
            "access_token": self.access_token,
            "issued_token_type": ACCESS_TOKEN,
            "token_type": "Bearer",
            "expires_in": 1700,
            "scope": level,
            "connector": about | ({"token_allows": self.token_allows} if self.token_allows else {}),
        }


@attrs.define(kw_only=True)
class Exchange:
    """The levers a test pulls: connections come and go, and the next answers can be anything."""

    connections: dict[str, Connection] = attrs.field(factory=dict)
    answers: list[Response] = attrs.field(factory=list)
    overrides: dict[str, object] = attrs.field(factory=dict)
    asked: list[dict[str, str]] = attrs.field(factory=list)

    def hands_out_first(self, key: str, access_token: str) -> None:
        """Another token than the one it holds, once."""
        other = attrs.evolve(self.connections[key], access_token=access_token)
        self.answers.append(JSONResponse(other.given_out(other.level)))

    def answer(self, form: FormData, *, is_live: bool, connect_page: str) -> Response:
        """To a resource that has authenticated; `is_live` is about the subject token."""
        asked = {name: str(value) for name, value in form.items()}
        self.asked.append(asked)
        if self.answers:
            return self.answers.pop(0)
        key, level = asked.get("audience", ""), asked.get("scope", "")
        if asked.get("subject_token_type") != ACCESS_TOKEN or not is_live:
            return _refused("invalid_request")
        if key not in KNOWN:
            return _refused("invalid_target")
        if level not in {"read", "write"}:
            return _refused("invalid_scope")
        connection = self.connections.get(key)
        needs = "not_connected" if connection is None else connection.needs
        if connection is not None and needs is None and (connection.level, level) == ("read", "write"):
            needs = "level_too_low"
        if connection is None or needs is not None:
            page = f"{connect_page}?connect={key}"
            return _refused("interaction_required", connector=key, reason=needs, connect_url=page)
        return JSONResponse(connection.given_out(level) | self.overrides)


def _refused(error: str, **more: object) -> Response:
    return JSONResponse({"error": error, "error_description": f"stand-in: {error}", **more}, status_code=400)
