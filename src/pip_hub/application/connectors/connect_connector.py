"""Connect a service: the browser leaves for the provider."""

from __future__ import annotations

import attrs

from pip_hub.application.accounts.visitor import Visitor, require_signed_in
from pip_hub.application.connectors.trip import PackedTrip, trip_context
from pip_hub.application.flows.ownership import require_open_flow
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import OutboundTrip, ProviderGateway
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.connector import ConnectorCatalogue, ConnectorSpec
from pip_hub.domain.errors import ConnectorUnavailable, LevelNotOffered, UnknownConnector
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.permission import Level
from pip_hub.domain.secret import digest_of


@attrs.frozen(kw_only=True)
class ConnectConnectorCommand:
    """Which service, at which level (a word from the form), in which flow; no flow on the manage page."""

    visitor: Visitor
    connector: str
    level: str
    flow_id: FlowId | None = None


@attrs.frozen(kw_only=True)
class LeaveForProvider:
    """Where the browser goes."""

    url: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class ConnectConnector:
    """Remember a trip to the provider, bound to user and session, and say where it leads.

    Raises:
        NotSignedIn: there is no live session.
        FlowNotOpen: a flow was named that is not open, or not this user's in this browser.
        UnknownConnector, ConnectorUnavailable, LevelNotOffered: there is nothing to connect.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    gateway: ProviderGateway
    vault: Vault
    clock: Clock
    secrets: SecretSource
    policy: Policy

    async def __call__(self, command: ConnectConnectorCommand) -> LeaveForProvider:
        spec = self._spec(command)
        level = _level(spec, command)
        now = self.clock.now()
        state, trip = self.secrets.secret(), PackedTrip(verifier=self.secrets.secret(), nonce=self.secrets.secret())
        sealed = await self.vault.seal(trip.packed(), trip_context(digest_of(state)))
        async with self.unit_of_work() as work:
            me = await require_signed_in(work, command.visitor, now, self.policy)
            if command.flow_id is not None:
                await require_open_flow(work, command.flow_id, me, command.visitor, now)
            link = await work.connector_links.get(me.user.id, spec.key)
            await work.connection_attempts.add(
                ConnectionAttempt(
                    state_digest=digest_of(state),
                    user_id=me.user.id,
                    session=me.session.digest,
                    flow_id=command.flow_id,
                    connector=spec.key,
                    level=level,
                    sealed_trip=sealed,
                    created_at=now,
                    expires_at=now + self.policy.attempt_lifetime,
                )
            )
            await work.commit()
        outbound = OutboundTrip(
            redirect_uri=self.policy.callback_url(spec.key),
            state=state,
            verifier=trip.verifier,
            nonce=trip.nonce,
            level=level,
            login_hint=link.account.email if link is not None else None,
        )
        return LeaveForProvider(url=self.gateway.authorization_url(spec, outbound))

    def _spec(self, command: ConnectConnectorCommand) -> ConnectorSpec:
        spec = self.catalogue.get(command.connector)
        if spec is None:
            raise UnknownConnector(flow_id=command.flow_id)
        if not spec.available:
            raise ConnectorUnavailable(name=spec.name, flow_id=command.flow_id)
        return spec


def _level(spec: ConnectorSpec, command: ConnectConnectorCommand) -> Level:
    try:
        level = Level(command.level)
    except ValueError:
        raise LevelNotOffered(flow_id=command.flow_id) from None
    if not spec.offers(level):
        raise LevelNotOffered(flow_id=command.flow_id)
    return level
