"""Providers that keep books of what they granted, to whom, and which of their answers never arrived."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Literal

import attrs

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.gateway import MemoryGateway
from pip_hub.adapters.memory.provider_side import AccountKey
from pip_hub.application.ports.provider_gateway import ProviderAnswer, ProviderConnection
from pip_hub.domain.connector import ConnectorSpec, RevokeRadius
from pip_hub.domain.connector_link import Organisation, ProviderAccount
from pip_hub.domain.errors import ProviderUnreachable
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.revocation import ForgetOutcome
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.support.interruptions import Crash


@attrs.frozen
class Consent:
    """One authorization that a provider has granted; `radius` is how far it can be taken back, None for not at all."""

    account: AccountKey
    refresh: Secret
    radius: RevokeRadius | None


@attrs.frozen
class _Person:
    account: ProviderAccount
    unticked: Scopes


class ProviderModel(MemoryGateway):
    """What the in-memory gateway does, with more of what real providers do.

    Granted is what was asked for and not unticked and, where scopes add up, all that the account granted before. Where
    refresh tokens rotate, a new authorization lets the account's older token sets run out.
    """

    def __init__(self, clock: FrozenClock) -> None:
        super().__init__(clock)
        self.is_down = False
        self.fate_of_next_answer: Literal["lost", "crash"] | None = None
        """What becomes of the next answer to a refresh: lost on the way, or received by a process that then dies."""
        self.consents: list[Consent] = []
        self.accepted: Counter[ProviderTokens] = Counter()
        """How often each generation of tokens was exchanged for the next, and the hub got to know of it."""
        self.unheard: dict[Secret, datetime] = {}
        """Refresh tokens whose answer never arrived, and since when."""
        self.ended: set[Secret] = set()
        """Refresh tokens that their account's owner has ended."""
        self.granted_last = Scopes()
        self._person = _Person(ProviderAccount(subject="nobody", email=None), Scopes())
        self._granted: dict[AccountKey, Scopes] = {}

    def sit_down(self, account: ProviderAccount, *, unticked: Scopes) -> None:
        """The next one at a consent page is this account's owner, and clears these tick boxes."""
        self._person = _Person(account, unticked)

    def granted_by(self, account: AccountKey) -> Scopes:
        """All that an account has granted and not taken back."""
        return self._granted.get(account, Scopes())

    def opened_by_token(self, token: Secret) -> AccountKey:
        """The account that an access token opens at this moment."""
        return self.provider.opened_by(ProviderAccess(token=token, expires_at=self._clock.now()))

    def honours_refresh(self, refresh: Secret) -> bool:
        access = ProviderAccess(token=Secret("any"), expires_at=self._clock.now())
        return self.provider.honours(ProviderTokens(access=access, refresh=refresh, granted=Scopes()))

    def remove_app(self, account: AccountKey) -> None:
        """Its owner ends everything on the provider's own pages."""
        self.provider.end_account(account.provider, account.subject)
        self.ended |= {consent.refresh for consent in self.consents if consent.account == account}
        self._granted.pop(account, None)

    async def exchange(self, spec: ConnectorSpec, answer: ProviderAnswer) -> ProviderConnection:
        self._answer_only_when_up()
        (trip,) = [trip for trip in self.trips if trip.verifier == answer.verifier]
        person = self._person
        account = AccountKey(spec.provider, person.account.subject)
        granted = trip.scopes - person.unticked
        if spec.scopes_add_up:
            granted = granted | self.granted_by(account)
        self.hand_out(person.account, granted)
        connection = await super().exchange(spec, answer)
        self.granted_last = granted
        self._granted[account] = granted | self.granted_by(account)
        if spec.refresh is not None and spec.refresh.rotates:
            for older in self.consents:
                if older.account == account:
                    self.provider.rotate_out(older.refresh)
        self._note_consent(spec, account, connection.tokens)
        return connection

    async def refresh(self, spec: ConnectorSpec, tokens: ProviderTokens, narrow_to: Scopes | None) -> ProviderTokens:
        self._answer_only_when_up()
        renewed = await super().refresh(spec, tokens, narrow_to)
        account = self.opened_by_token(renewed.access.token if narrow_to is None else _narrow_of(renewed).token)
        self._note_consent(spec, account, renewed)
        fate, self.fate_of_next_answer = self.fate_of_next_answer, None
        if fate is not None:
            assert tokens.refresh is not None
            self.unheard.setdefault(tokens.refresh, self._clock.now())
            raise Crash if fate == "crash" else ProviderUnreachable(reason="the answer was lost")
        self.accepted[tokens] += 1
        return renewed

    async def organisations(self, spec: ConnectorSpec, access: ProviderAccess) -> tuple[Organisation, ...]:
        self._answer_only_when_up()
        return await super().organisations(spec, access)

    async def revoke(self, spec: ConnectorSpec, tokens: ProviderTokens) -> ForgetOutcome:
        self._answer_only_when_up()
        account = next((each.account for each in self.consents if each.refresh == tokens.refresh), None)
        outcome = await super().revoke(spec, tokens)
        if account is not None and spec.revoke is not None and spec.revoke.radius is RevokeRadius.GRANT:
            self._granted.pop(account, None)
        return outcome

    async def remove_organisation(
        self, spec: ConnectorSpec, access: ProviderAccess, connection_id: str
    ) -> ForgetOutcome:
        self._answer_only_when_up()
        return await super().remove_organisation(spec, access, connection_id)

    def _answer_only_when_up(self) -> None:
        if self.is_down:
            raise ProviderUnreachable(reason="down")

    def _note_consent(self, spec: ConnectorSpec, account: AccountKey, tokens: ProviderTokens) -> None:
        assert tokens.refresh is not None
        radius = spec.revoke.radius if spec.revoke is not None else None
        consent = Consent(account, tokens.refresh, radius)
        if consent not in self.consents:
            self.consents.append(consent)


def _narrow_of(tokens: ProviderTokens) -> ProviderAccess:
    assert tokens.narrow is not None
    return tokens.narrow
