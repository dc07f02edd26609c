"""Providers without a network: they answer what they were told to."""

from __future__ import annotations

import itertools
from collections import deque
from datetime import timedelta
from typing import Literal
from urllib.parse import urlencode

import attrs

from pip_hub.adapters.memory.unit_of_work import refuse_inside_unit
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import OutboundTrip, ProviderAnswer, ProviderConnection
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import Organisation, ProviderAccount
from pip_hub.domain.errors import ProviderTrouble
from pip_hub.domain.provider_grant import ForgetOutcome, ProviderTokens
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret

Call = Literal["exchange", "revoke", "remove_organisation"]

TOKEN_LIFETIME = timedelta(minutes=30)
"""How long an access token handed out here lives."""


@attrs.frozen
class Removal:
    """One organisation that a provider was asked to drop."""

    tokens: ProviderTokens
    connection_id: str


class MemoryGateway:
    """A `ProviderGateway` to be scripted: `hand_out` queues accounts, `fail_next` queues failures.

    With nothing queued it connects `default_account` with all that was asked for. What it was asked to do is kept in
    `trips`, `answers`, `revoked` and `removed`. Fails its caller (RuntimeError) when a unit of work is open.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._accounts: deque[tuple[ProviderAccount, Scopes | None]] = deque()
        self._failures: dict[Call, deque[ProviderTrouble]] = {
            "exchange": deque(),
            "revoke": deque(),
            "remove_organisation": deque(),
        }
        self.trips: list[OutboundTrip] = []
        self.answers: list[ProviderAnswer] = []
        self.revoked: list[ProviderTokens] = []
        self.removed: list[Removal] = []

    def hand_out(self, account: ProviderAccount, granted: Scopes | None = None) -> None:
        """Let the next exchange open this account; `granted` is what the user ticked, None for all that was asked."""
        self._accounts.append((account, granted))

    def fail_next(self, call: Call, *failures: ProviderTrouble) -> None:
        """Let the next calls of this kind fail, each with one of the failures."""
        self._failures[call].extend(failures)

    def authorization_url(self, spec: ConnectorSpec, trip: OutboundTrip) -> str:
        refuse_inside_unit(f"the gateway to {spec.name}")
        self.trips.append(trip)
        return f"{spec.authorize_url}?{urlencode({'state': trip.state.reveal(), 'redirect_uri': trip.redirect_uri})}"

    async def exchange(self, spec: ConnectorSpec, answer: ProviderAnswer) -> ProviderConnection:
        self._begin("exchange", spec)
        self.answers.append(answer)
        account, granted = self._accounts.popleft() if self._accounts else (default_account(spec), None)
        number = next(self._numbers)
        tokens = ProviderTokens(
            access=Secret(f"access-{number}"),
            refresh=Secret(f"refresh-{number}") if spec.refreshes else None,
            expires_at=self._clock.now() + TOKEN_LIFETIME,
            granted=spec.scopes.needed(answer.level) if granted is None else granted,
        )
        return ProviderConnection(tokens=tokens, account=account)

    async def revoke(self, spec: ConnectorSpec, tokens: ProviderTokens) -> ForgetOutcome:
        self._begin("revoke", spec)
        was_there = tokens not in self.revoked
        self.revoked.append(tokens)
        return ForgetOutcome.REVOKED if was_there else ForgetOutcome.ALREADY_GONE

    async def remove_organisation(
        self, spec: ConnectorSpec, tokens: ProviderTokens, connection_id: str
    ) -> ForgetOutcome:
        self._begin("remove_organisation", spec)
        was_there = all(removal.connection_id != connection_id for removal in self.removed)
        self.removed.append(Removal(tokens, connection_id))
        return ForgetOutcome.REVOKED if was_there else ForgetOutcome.ALREADY_GONE

    def _begin(self, call: Call, spec: ConnectorSpec) -> None:
        refuse_inside_unit(f"the gateway to {spec.name}")
        if self._failures[call]:
            raise self._failures[call].popleft()


def default_account(spec: ConnectorSpec) -> ProviderAccount:
    """The account that is connected when none was queued: one per provider, with an organisation where it has them."""
    organisation = Organisation(id="organisation-1", name="Demo Company (AU)", connection_id="connection-1")
    return ProviderAccount(
        subject=f"{spec.provider}-subject-1",
        email="owner@example.com",
        organisation=organisation if spec.organisations is not None else None,
    )
