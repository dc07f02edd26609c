"""The step that sends a browser to a provider and remembers the trip."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.application.accounts.visitor import SignedIn
from pip_hub.application.connectors.trip import PackedTrip, trip_context
from pip_hub.application.policy import Policy
from pip_hub.application.ports.provider_gateway import OutboundTrip, ProviderGateway
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import Attention, ConnectorLink
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Sealed, Secret, digest_of


@attrs.frozen(kw_only=True)
class LeaveForProvider:
    """Where the browser goes."""

    url: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class PreparedTrip:
    """The secrets of a trip, sealed before any unit opens."""

    state: Secret
    trip: PackedTrip
    sealed: Sealed


@attrs.frozen(kw_only=True)
class SendToProvider:
    """`prepare` outside the unit, `attempt` to be stored inside it, `leave` after its commit."""

    gateway: ProviderGateway
    vault: Vault
    secrets: SecretSource
    policy: Policy

    async def prepare(self) -> PreparedTrip:
        state = self.secrets.secret()
        trip = PackedTrip(verifier=self.secrets.secret(), nonce=self.secrets.secret())
        return PreparedTrip(
            state=state, trip=trip, sealed=await self.vault.seal(trip.packed(), trip_context(digest_of(state)))
        )

    def attempt(
        self,
        prepared: PreparedTrip,
        spec: ConnectorSpec,
        me: SignedIn,
        *,
        level: Level,
        flow_id: FlowId | None,
        now: datetime,
    ) -> ConnectionAttempt:
        """What the callback will be held to."""
        return ConnectionAttempt(
            state_digest=digest_of(prepared.state),
            user_id=me.user.id,
            session=me.session.digest,
            flow_id=flow_id,
            connector=spec.key,
            level=level,
            sealed_trip=prepared.sealed,
            created_at=now,
            expires_at=now + self.policy.attempt_lifetime,
        )

    def leave(
        self, prepared: PreparedTrip, spec: ConnectorSpec, level: Level, link: ConnectorLink | None
    ) -> LeaveForProvider:
        """The provider's address; a link the user has already tells whom to expect and what may be left out."""
        outbound = OutboundTrip(
            redirect_uri=self.policy.callback_url(spec.key),
            state=prepared.state,
            verifier=prepared.trip.verifier,
            nonce=prepared.trip.nonce,
            scopes=_asked(spec, level, link),
            login_hint=link.account.email if link is not None else None,
        )
        return LeaveForProvider(url=self.gateway.authorization_url(spec, outbound))


def _asked(spec: ConnectorSpec, level: Level, link: ConnectorLink | None) -> Scopes:
    """All the level needs, or only what is missing where the provider adds it to what was granted before.

    A grant that has ended leaves nothing to add to.
    """
    if link is None or link.attention is Attention.GRANT_ENDED or not spec.scopes_add_up:
        return spec.scopes.needed(level)
    missing = spec.scopes.missing(level, link.granted)
    return spec.scopes.identity | missing if missing else spec.scopes.needed(level)
