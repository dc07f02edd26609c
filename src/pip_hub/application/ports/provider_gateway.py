"""What the core asks of a connector's provider."""

from __future__ import annotations

from typing import Protocol

import attrs

from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import ProviderAccount
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import ForgetOutcome, ProviderTokens
from pip_hub.domain.secret import Secret


@attrs.frozen(kw_only=True)
class OutboundTrip:
    """What the browser takes to the provider."""

    redirect_uri: str
    state: Secret
    verifier: Secret
    nonce: Secret
    level: Level
    login_hint: str | None = None


@attrs.frozen(kw_only=True)
class ProviderAnswer:
    """What it brought back, with what we had kept."""

    code: Secret
    redirect_uri: str
    verifier: Secret
    nonce: Secret
    level: Level
    """What was asked for: an answer that leaves `scope` out grants just that (RFC 6749 5.1)."""


@attrs.frozen(kw_only=True)
class ProviderConnection:
    """A redeemed code: the tokens, and whose account they open."""

    tokens: ProviderTokens
    account: ProviderAccount


class ProviderGateway(Protocol):
    """Never called inside a unit of work: a provider may take seconds or never answer."""

    def authorization_url(self, spec: ConnectorSpec, trip: OutboundTrip) -> str:
        """Where to send the browser (RFC 6749 4.1.1; PKCE where the connector says so)."""
        ...

    async def exchange(self, spec: ConnectorSpec, answer: ProviderAnswer) -> ProviderConnection:
        """Redeem the code, check the token answer and the ID token, and learn the account.

        Raises:
            ProviderUnreachable, ProviderRefused, ProviderMisconfigured, ProviderMisbehaved: see the types.
            NoOrganisation, UndecidedOrganisation: for a connector with organisations.
        """
        ...

    async def revoke(self, spec: ConnectorSpec, tokens: ProviderTokens) -> ForgetOutcome:
        """Ask the provider to end the whole grant (RFC 7009): REVOKED or ALREADY_GONE.

        Raises:
            ProviderUnreachable, ProviderMisconfigured, ProviderMisbehaved: it may still be alive; try again later.
        """
        ...

    async def remove_organisation(
        self, spec: ConnectorSpec, tokens: ProviderTokens, connection_id: str
    ) -> ForgetOutcome:
        """Ask the provider to drop one organisation and keep the rest: REVOKED or ALREADY_GONE.

        The access token may have expired; then the gateway renews it first, for this call only.

        Raises:
            ProviderRefused: the tokens are dead, so nobody can tell whether the organisation is still there; trying
                again with them cannot help.
            ProviderUnreachable, ProviderMisconfigured, ProviderMisbehaved: try again later.
        """
        ...
