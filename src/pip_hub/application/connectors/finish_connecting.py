"""Finish connecting: the browser comes back from the provider."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.application.accounts.visitor import Visitor, require_signed_in
from pip_hub.application.connectors.keep_connection import KeepConnection, Refused
from pip_hub.application.connectors.trip import PackedTrip, trip_context
from pip_hub.application.policy import Policy
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import ProviderAnswer, ProviderConnection, ProviderGateway
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.connector import ConnectorCatalogue, ConnectorSpec
from pip_hub.domain.errors import CannotOpen, ConnectionNotOpen, ProviderTrouble, UnknownConnector
from pip_hub.domain.identifiers import ConnectorKey, FlowId
from pip_hub.domain.notice import FailureReason, Notice, NoticeKind
from pip_hub.domain.secret import Secret, digest_of


@attrs.frozen(kw_only=True)
class FinishConnectingCommand:
    """The provider's answer (RFC 6749 4.1.2); everything in it may be forged."""

    visitor: Visitor
    connector: str
    state: Secret | None
    code: Secret | None = None
    error: str | None = None


@attrs.frozen(kw_only=True)
class BackToHub:
    """Where to go on: the flow's page while the flow is open, else the manage page.

    `connected` is None when this answer had been handled before.
    """

    connector: ConnectorKey
    flow_id: FlowId | None
    connected: bool | None


@attrs.frozen(kw_only=True)
class FinishConnecting:
    """Take the attempt, redeem the provider's code, and keep the connection; a notice tells the user how it went.

    Whatever the provider does wrong is told on the hub page, so only a request that is not this browser's raises.

    Raises:
        NotSignedIn: there is no live session. Nothing was taken, but a new session cannot finish what an earlier one
            began: the user connects again.
        UnknownConnector: no such connector.
        ConnectionNotOpen: the state is missing, unknown, or another user's, session's or connector's.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    gateway: ProviderGateway
    keep_connection: KeepConnection
    vault: Vault
    clock: Clock
    policy: Policy

    async def __call__(self, command: FinishConnectingCommand) -> BackToHub:
        spec = self.catalogue.get(command.connector)
        if spec is None:
            raise UnknownConnector
        attempt, is_mine_to_finish = await self._take(command, spec)
        if not is_mine_to_finish:
            return await self._come_again(attempt)
        connection = await self._redeem(spec, attempt, command)
        if isinstance(connection, FailureReason):
            return await self._fail(attempt, connection)
        kept = await self.keep_connection(spec, attempt, connection)
        if isinstance(kept, Refused):
            return await self._fail(attempt, kept.reason, account=kept.account)
        return await self._back(attempt, connected=True)

    async def _take(self, command: FinishConnectingCommand, spec: ConnectorSpec) -> tuple[ConnectionAttempt, bool]:
        now = self.clock.now()
        async with self.unit_of_work() as work:
            me = await require_signed_in(work, command.visitor, now, self.policy)
            if command.state is None:
                raise ConnectionNotOpen(reason="no state")
            attempt = await work.connection_attempts.get(digest_of(command.state))
            if attempt is None:
                raise ConnectionNotOpen(reason="unknown state")
            if not attempt.belongs_to(me.user.id, me.session.digest, spec.key):
                raise ConnectionNotOpen(reason="another user's, session's or connector's attempt")
            taken = await work.connection_attempts.take(attempt.state_digest, now)
            await work.commit()
        is_expired = attempt.taken_at is None and not attempt.is_open(now)
        return attempt, taken is not None or is_expired

    async def _come_again(self, attempt: ConnectionAttempt) -> BackToHub:
        """An answer that was taken before: handled, being handled, or lost with the process that took it."""
        async with self.unit_of_work() as work:
            link = await work.connector_links.get(attempt.user_id, attempt.connector)
        if attempt.was_interrupted(self.clock.now(), link):
            return await self._fail(attempt, FailureReason.INTERRUPTED)
        return await self._back(attempt, connected=None)

    async def _redeem(
        self, spec: ConnectorSpec, attempt: ConnectionAttempt, command: FinishConnectingCommand
    ) -> ProviderConnection | FailureReason:
        # The callback is read here and never handed to Authlib, which would answer `error=` with a token request.
        if not attempt.is_open(self.clock.now()):
            return FailureReason.EXPIRED
        if command.error is not None:
            return _reason_for(command.error)
        if command.code is None:
            return FailureReason.MISBEHAVED
        try:
            packed = await self.vault.open(attempt.sealed_trip, trip_context(attempt.state_digest))
        except CannotOpen:  # the operator took the key away while the browser was at the provider
            return FailureReason.EXPIRED
        trip = PackedTrip.unpack(packed)
        answer = ProviderAnswer(
            code=command.code,
            redirect_uri=self.policy.callback_url(spec.key),
            verifier=trip.verifier,
            nonce=trip.nonce,
            level=attempt.level,
        )
        try:
            return await self.gateway.exchange(spec, answer)
        except ProviderTrouble as trouble:
            return trouble.failure

    async def _fail(self, attempt: ConnectionAttempt, reason: FailureReason, account: str | None = None) -> BackToHub:
        notice = Notice(
            session=attempt.session,
            kind=NoticeKind.CONNECTION_FAILED,
            connector=attempt.connector,
            detail=reason,
            account=account,
            at=self.clock.now(),
        )
        async with self.unit_of_work() as work:
            await work.notices.add(notice)
            await work.commit()
        return await self._back(attempt, connected=False)

    async def _back(self, attempt: ConnectionAttempt, *, connected: bool | None) -> BackToHub:
        now: datetime = self.clock.now()
        flow_id = attempt.flow_id
        if flow_id is not None:
            async with self.unit_of_work() as work:
                flow = await work.flows.get(flow_id)
            if flow is None or not flow.is_open(now):
                flow_id = None
        return BackToHub(connector=attempt.connector, flow_id=flow_id, connected=connected)


def _reason_for(error: str) -> FailureReason:
    """RFC 6749 4.1.2.1: who has to act on the provider's error word."""
    if error == "access_denied":
        return FailureReason.DECLINED
    if error in {"server_error", "temporarily_unavailable"}:
        return FailureReason.UNREACHABLE
    return FailureReason.MISCONFIGURED
