"""Providers without a network: they answer what they were told to."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from datetime import timedelta
from typing import Literal
from urllib.parse import urlencode

import attrs

from pip_hub.adapters.memory.provider_side import AccountKey, ProviderSide
from pip_hub.adapters.memory.unit_of_work import refuse_inside_unit
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import OutboundTrip, ProviderAnswer, ProviderConnection
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import Organisation, ProviderAccount
from pip_hub.domain.errors import NoOrganisation, ProviderTrouble, ProviderUnreachable
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.revocation import ForgetOutcome
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret

Call = Literal["exchange", "refresh", "organisations", "revoke", "remove_organisation"]

TOKEN_LIFETIME = timedelta(minutes=30)
"""How long an access token handed out here lives."""


@attrs.frozen
class Removal:
    """One organisation that a provider was asked to drop."""

    access: ProviderAccess
    connection_id: str


@attrs.frozen
class Renewal:
    """One refresh that a provider was asked for."""

    tokens: ProviderTokens
    narrow_to: Scopes | None


@attrs.frozen
class _Script:
    """What the next exchange opens."""

    account: ProviderAccount
    granted: Scopes | None
    organisations: tuple[Organisation, ...] | None


class MemoryGateway:
    """A `ProviderGateway` to be scripted: `hand_out` queues accounts, `fail_next` and `lose_next_refresh` failures.

    With nothing queued it connects `default_account` with all that was asked for. What it was asked is kept in `trips`,
    `answers`, `renewals`, `revoked` and `removed`, and `calls` counts every call, failed ones too. Fails its caller
    (RuntimeError) when a unit of work is open.

    The provider's own side is `provider`: which tokens it still honours, and the organisations of each account.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._accounts: deque[_Script] = deque()
        self._failures: dict[Call, deque[ProviderTrouble]] = {}
        self._answers_to_lose = 0
        self._granted_next: Scopes | None = None
        self.provider = ProviderSide(clock)
        self.calls: Counter[Call] = Counter()
        self.trips: list[OutboundTrip] = []
        self.answers: list[ProviderAnswer] = []
        self.renewals: list[Renewal] = []
        self.revoked: list[ProviderTokens] = []
        self.removed: list[Removal] = []

    def hand_out(
        self,
        account: ProviderAccount,
        granted: Scopes | None = None,
        organisations: tuple[Organisation, ...] | None = None,
    ) -> None:
        """Let the next exchange open this account.

        Args:
            account: with the organisation just authorized, or without one to let the user choose.
            granted: what the user ticked; None for all that was asked.
            organisations: all that the account reaches from now on; None for its own added to those it had.
        """
        self._accounts.append(_Script(account, granted, organisations))

    def fail_next(self, call: Call, *failures: ProviderTrouble) -> None:
        """Let the next calls of this kind fail, each with one of the failures, before the provider does anything."""
        self._failures.setdefault(call, deque()).extend(failures)

    def shrink_next_refresh(self, granted: Scopes) -> None:
        """Let the next refresh answer with these scopes only."""
        self._granted_next = granted

    def lose_next_refresh(self) -> None:
        """Let the provider renew the tokens at the next refresh, and its answer be lost."""
        self._answers_to_lose += 1

    def authorization_url(self, spec: ConnectorSpec, trip: OutboundTrip) -> str:
        refuse_inside_unit(f"the gateway to {spec.name}")
        self.trips.append(trip)
        return f"{spec.authorize_url}?{urlencode({'state': trip.state.reveal(), 'redirect_uri': trip.redirect_uri})}"

    async def exchange(self, spec: ConnectorSpec, answer: ProviderAnswer) -> ProviderConnection:
        self._begin("exchange", spec)
        self.answers.append(answer)
        script = self._accounts.popleft() if self._accounts else _Script(default_account(spec), None, None)
        key = AccountKey(spec.provider, script.account.subject)
        if spec.organisations is not None:
            self.provider.authorize(key, script.account.organisation, script.organisations)
            if not self.provider.organisations_of(key):
                raise NoOrganisation(reason="the account reaches no organisation")
        tokens = ProviderTokens(
            access=self._access(key),
            refresh=self._refresh_token(key) if spec.refresh is not None else None,
            granted=spec.scopes.needed(answer.level) if script.granted is None else script.granted,
        )
        return ProviderConnection(
            tokens=tokens, account=script.account, organisations=self.provider.organisations_of(key)
        )

    async def refresh(self, spec: ConnectorSpec, tokens: ProviderTokens, narrow_to: Scopes | None) -> ProviderTokens:
        self.renewals.append(Renewal(tokens, narrow_to))
        self._begin("refresh", spec)
        key = self.provider.spend(tokens.refresh)
        renewed = tokens
        if spec.refresh is not None and spec.refresh.rotates:
            self.provider.rotate_out(tokens.refresh)
            renewed = attrs.evolve(renewed, refresh=self._refresh_token(key))
        if narrow_to is None:
            renewed = attrs.evolve(renewed, access=self._access(key))
        else:
            renewed = attrs.evolve(renewed, narrow=self._access(key, kind="narrow"))
        if self._granted_next is not None:
            renewed, self._granted_next = attrs.evolve(renewed, granted=self._granted_next), None
        if self._answers_to_lose:
            self._answers_to_lose -= 1
            raise ProviderUnreachable(reason="the answer was lost")
        return renewed

    async def organisations(self, spec: ConnectorSpec, access: ProviderAccess) -> tuple[Organisation, ...]:
        self._begin("organisations", spec)
        return self.provider.organisations_of(self.provider.opened_by(access))

    async def revoke(self, spec: ConnectorSpec, tokens: ProviderTokens) -> ForgetOutcome:
        self._begin("revoke", spec)
        was_there = tokens not in self.revoked and self.provider.honours(tokens)
        self.revoked.append(tokens)
        self.provider.end(spec, tokens)
        return ForgetOutcome.REVOKED if was_there else ForgetOutcome.ALREADY_GONE

    async def remove_organisation(
        self, spec: ConnectorSpec, access: ProviderAccess, connection_id: str
    ) -> ForgetOutcome:
        self._begin("remove_organisation", spec)
        self.removed.append(Removal(access, connection_id))
        was_there = self.provider.disconnect(self.provider.opened_by(access), connection_id)
        return ForgetOutcome.REVOKED if was_there else ForgetOutcome.ALREADY_GONE

    def _begin(self, call: Call, spec: ConnectorSpec) -> None:
        refuse_inside_unit(f"the gateway to {spec.name}")
        self.calls[call] += 1
        if self._failures.get(call):
            raise self._failures[call].popleft()

    def _access(self, key: AccountKey, kind: str = "access") -> ProviderAccess:
        token = Secret(f"{kind}-{next(self._numbers)}")
        return self.provider.issue_access(key, token, self._clock.now() + TOKEN_LIFETIME)

    def _refresh_token(self, key: AccountKey) -> Secret:
        return self.provider.issue_refresh(key, Secret(f"refresh-{next(self._numbers)}"))


def default_account(spec: ConnectorSpec) -> ProviderAccount:
    """The account that is connected when none was queued: one per provider, with an organisation where it has them."""
    organisation = Organisation(id="organisation-1", name="Demo Company (AU)", connection_id="connection-1")
    return ProviderAccount(
        subject=f"{spec.provider}-subject-1",
        email="owner@example.com",
        organisation=organisation if spec.organisations is not None else None,
    )
