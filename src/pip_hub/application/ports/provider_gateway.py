"""What the core asks of a connector's provider."""

from __future__ import annotations

from typing import Protocol

import attrs

from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import Organisation, ProviderAccount
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.revocation import ForgetOutcome
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret


@attrs.frozen(kw_only=True)
class OutboundTrip:
    """What the browser takes to the provider."""

    redirect_uri: str
    state: Secret
    verifier: Secret
    nonce: Secret
    scopes: Scopes
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
    """A redeemed code: the tokens, whose account they open, and every organisation it reaches.

    `account.organisation` is the one just authorized; None when the provider's answer does not decide that.
    """

    tokens: ProviderTokens
    account: ProviderAccount
    organisations: tuple[Organisation, ...] = ()


class ProviderGateway(Protocol):
    """Never called inside a unit of work: a provider may take seconds or never answer."""

    def authorization_url(self, spec: ConnectorSpec, trip: OutboundTrip) -> str:
        """Where to send the browser (RFC 6749 4.1.1; PKCE where the connector says so)."""
        ...

    async def exchange(self, spec: ConnectorSpec, answer: ProviderAnswer) -> ProviderConnection:
        """Redeem the code, check the token answer and the ID token, and learn the account.

        Raises:
            ProviderUnreachable, ProviderRefused, ProviderMisconfigured, ProviderMisbehaved: see the types.
            NoOrganisation: the connector has organisations, and the account reaches none.
        """
        ...

    async def refresh(self, spec: ConnectorSpec, tokens: ProviderTokens, narrow_to: Scopes | None) -> ProviderTokens:
        """Fresh tokens for old ones: everything to keep from now on, the refresh token included.

        With `narrow_to` only `narrow` is renewed, to an access token of these scopes; `access` stays as it was.

        Raises:
            ProviderUnreachable: the old refresh token may still work, or may just have been replaced by an answer
                that was lost; try the same one again.
            ProviderRefused: the refresh token is dead.
            ProviderMisconfigured, ProviderMisbehaved: not the user's fault, and not the token's.
        """
        ...

    async def organisations(self, spec: ConnectorSpec, access: ProviderAccess) -> tuple[Organisation, ...]:
        """The organisations the account reaches now; empty when the user removed them all at the provider.

        Raises:
            ProviderUnreachable, ProviderRefused, ProviderMisconfigured, ProviderMisbehaved: see the types.
        """
        ...

    async def revoke(self, spec: ConnectorSpec, tokens: ProviderTokens) -> ForgetOutcome:
        """Ask the provider to end the whole grant (RFC 7009): REVOKED or ALREADY_GONE.

        Raises:
            ProviderUnreachable, ProviderMisconfigured, ProviderMisbehaved: it may still be alive; try again later.
        """
        ...

    async def remove_organisation(
        self, spec: ConnectorSpec, access: ProviderAccess, connection_id: str
    ) -> ForgetOutcome:
        """Ask the provider to drop one organisation and keep the rest: REVOKED or ALREADY_GONE.

        Raises:
            ProviderUnreachable, ProviderRefused, ProviderMisconfigured, ProviderMisbehaved: try again later.
        """
        ...
