"""The life of codes and tokens as a state machine, against a model that knows what each of them is still worth."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

import attrs
import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, initialize, invariant, multiple, rule

from pip_hub.application.tokens.issue_tokens import TokensIssued
from pip_hub.application.tokens.revoke_token import RevokeTokenCommand
from pip_hub.domain.errors import InvalidGrant, TokenRefused
from pip_hub.domain.grant import Grant, refresh_expiry
from pip_hub.domain.secret import Secret
from tests.support.core import ANN, BOB, a_core, public
from tests.support.machines import AsyncMachine


@attrs.define(eq=False)
class Approval:
    """One Continue: the grant as it was made, and whether what hangs on it still counts."""

    grant: Grant
    live: bool = True


@attrs.define(eq=False)
class Spendable:
    """A code or a refresh token."""

    secret: Secret
    approval: Approval
    expires_at: datetime
    bought: int = 0
    purged: bool = False


@attrs.define(eq=False)
class Access:
    """An access token."""

    secret: Secret
    approval: Approval
    expires_at: datetime
    revoked: bool = False


class TokenLife(AsyncMachine):
    """Two people's clients redeem, refresh, replay and revoke in any order while time passes and the purge runs."""

    codes: Bundle[Spendable] = Bundle("codes")
    refresh_tokens: Bundle[Spendable] = Bundle("refresh_tokens")

    @initialize()
    def begin(self) -> None:
        self.core = a_core()
        self.spendables: list[Spendable] = []
        self.accesses: list[Access] = []

    @rule(target=codes, email=st.sampled_from([ANN, BOB]))
    def approve(self, email: str) -> Spendable:
        known = set(self.core.tables.grants)
        secret = self.do(self.core.a_code(email))
        (grant,) = [grant for key, grant in self.core.tables.grants.items() if key not in known]
        code = Spendable(secret, Approval(grant), self.core.clock.now() + self.core.policy.code_lifetime)
        self.spendables.append(code)
        return code

    @rule(target=refresh_tokens, code=codes)
    def redeem(self, code: Spendable) -> Spendable | MultipleResults[Spendable]:
        return self._spend(code, self.core.redeem(code.secret))

    @rule(code=codes)
    def redeem_with_something_wrong(self, code: Spendable) -> None:
        wrongs: list[dict[str, Any]] = [
            {"verifier": "w" * 43},
            {"credentials": public("client-2")},
            {"redirect_uri": "https://elsewhere.example/callback"},
        ]
        for wrong in wrongs:
            assert isinstance(self._try(self.core.redeem(code.secret, **wrong)), InvalidGrant)

    @rule(target=refresh_tokens, token=refresh_tokens)
    def refresh(self, token: Spendable) -> Spendable | MultipleResults[Spendable]:
        return self._spend(token, self.core.refresh(token.secret))

    @rule(token=refresh_tokens)
    def another_client_tries_to_refresh(self, token: Spendable) -> None:
        refused = self._try(self.core.refresh(token.secret, credentials=public("client-2")))
        assert isinstance(refused, InvalidGrant)

    @rule(number=st.integers(0, 50))
    def revoke_an_access_token(self, number: int) -> None:
        if self.accesses:
            access = self.accesses[number % len(self.accesses)]
            self._revoke(access.secret)
            access.revoked = True

    @rule(token=refresh_tokens)
    def revoke_a_refresh_token(self, token: Spendable) -> None:
        self._revoke(token.secret)
        if not token.purged:
            token.approval.live = False

    @rule(minutes=st.sampled_from([1, 9, 10, 59, 60, 60 * 24, 60 * 24 * 29, 60 * 24 * 30]))
    def time_passes(self, minutes: int) -> None:
        self.core.wait(minutes=minutes)

    @rule()
    def purge(self) -> None:
        self.do(self.core.uses.purge_expired()())
        before = self.core.clock.now() - self.core.policy.purge_after
        for spendable in self.spendables:
            spendable.purged = spendable.purged or spendable.expires_at < before

    @invariant()
    def every_access_token_is_active_exactly_as_long_as_it_should_be(self) -> None:
        for access in self.accesses:
            is_good = access.approval.live and not access.revoked and self.core.clock.now() < access.expires_at
            assert (self.do(self.core.introspect(access.secret)) is not None) == is_good

    @invariant()
    def nothing_that_is_spent_once_ever_bought_two_pairs(self) -> None:
        assert all(spendable.bought <= 1 for spendable in self.spendables)

    def _spend(
        self, spendable: Spendable, step: Coroutine[Any, Any, TokensIssued]
    ) -> Spendable | MultipleResults[Spendable]:
        now, approval = self.core.clock.now(), spendable.approval
        is_good = approval.live and not spendable.bought and now < spendable.expires_at
        answer = self._try(step)
        if not is_good:
            assert isinstance(answer, InvalidGrant)
            if spendable.bought and not spendable.purged:
                approval.live = False
            return multiple()
        assert isinstance(answer, TokensIssued)
        spendable.bought += 1
        self.accesses.append(Access(answer.access_token, approval, now + answer.lifetime))
        policy = self.core.policy
        expires_at = refresh_expiry(approval.grant, now, policy.refresh_token_lifetime, policy.grant_lifetime)
        assert expires_at - now <= timedelta(days=30)
        token = Spendable(answer.refresh_token, approval, expires_at)
        self.spendables.append(token)
        return token

    def _revoke(self, token: Secret) -> None:
        self.do(self.core.uses.revoke_token()(RevokeTokenCommand(credentials=public(), token=token)))

    def _try(self, step: Coroutine[Any, Any, object]) -> object:
        try:
            return self.do(step)
        except TokenRefused as refused:
            return refused


TestTokenLife = TokenLife.TestCase
TestTokenLife.settings = hypothesis.settings(max_examples=100, stateful_step_count=40)
