"""Token exchange (RFC 8693): an MCP server gets a connector's token for the MCP token it was given."""

from __future__ import annotations

import attrs

from pip_hub.adapters.web.oauth.client_authentication import of_resource
from pip_hub.adapters.web.oauth.reading import Form
from pip_hub.adapters.web.oauth.token import TokenAnswer, TokenRequest
from pip_hub.application.connectors.release_connector_token import (
    ConnectorTokenReleased,
    ReleaseConnectorToken,
    ReleaseConnectorTokenCommand,
)
from pip_hub.domain.errors import InvalidRequest, InvalidTarget

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
"""The one kind of token that is taken here, and given (RFC 8693 section 3)."""


@attrs.frozen(kw_only=True)
class TokenExchangeGrant:
    """`urn:ietf:params:oauth:grant-type:token-exchange`, for registered resources with their own credentials."""

    release_connector_token: ReleaseConnectorToken

    async def __call__(self, request: TokenRequest) -> TokenAnswer:
        form = request.form
        _require_types(form)
        released = await self.release_connector_token(
            ReleaseConnectorTokenCommand(
                credentials=of_resource(request.credentials),
                subject_token=form.secret("subject_token"),
                connector=_read_audience(form),
                scope=form.one("scope"),
            )
        )
        return _answer(released)


def _require_types(form: Form) -> None:
    if form.one("actor_token") is not None or form.one("actor_token_type") is not None:
        raise InvalidRequest(reason="actor_token is not supported: the resource itself is who acts")
    if form.one("subject_token_type") != ACCESS_TOKEN:
        raise InvalidRequest(reason=f"subject_token_type must be {ACCESS_TOKEN}")
    if form.one("requested_token_type") not in {None, ACCESS_TOKEN}:
        raise InvalidRequest(reason=f"requested_token_type can only be {ACCESS_TOKEN}")


def _read_audience(form: Form) -> str | None:
    """The connector's key; RFC 8693 2.2.2 has a word for targets that are not served."""
    if form.many("resource"):
        raise InvalidTarget(reason="a connector is named by audience, not by resource")
    if len(form.many("audience")) > 1:
        raise InvalidTarget(reason="one audience at a time: the key of one connector")
    return form.one("audience")


def _answer(released: ConnectorTokenReleased) -> TokenAnswer:
    """RFC 8693 2.2.1, and `connector`, our own. Times are rounded down, so that nothing has ended before it says."""
    organisation = released.organisation
    connector: dict[str, object] = {
        "account": released.account,
        "organisation": organisation.name if organisation is not None else None,
        "organisation_id": organisation.id if organisation is not None else None,
        "level": released.level,
    }
    if released.token_allows is not released.level:
        connector["token_allows"] = released.token_allows
    return {
        "access_token": released.access_token.reveal(),
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": int(released.lifetime.total_seconds()),
        "scope": released.level,
        "connector": connector,
    }
