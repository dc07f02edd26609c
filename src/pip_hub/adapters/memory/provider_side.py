"""What a provider of the in-memory gateway remembers: its tokens and the organisations of its accounts."""

from __future__ import annotations

from datetime import datetime, timedelta

import attrs

from pip_hub.application.ports.clock import Clock
from pip_hub.domain.connector import ConnectorSpec, RevokeRadius
from pip_hub.domain.connector_link import Organisation
from pip_hub.domain.errors import ProviderRefused
from pip_hub.domain.identifiers import ProviderKey
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.secret import Secret

GRACE = timedelta(minutes=30)
"""How long a refresh token that was rotated out still works, for whoever lost the answer (Xero's rule)."""


@attrs.frozen
class AccountKey:
    """One account at one provider."""

    provider: ProviderKey
    subject: str


@attrs.define
class _RefreshToken:
    account: AccountKey
    works_until: datetime | None = None
    is_dead: bool = False


class ProviderSide:
    """Every provider in one. Tokens it never issued are honoured by nobody."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refresh_tokens: dict[Secret, _RefreshToken] = {}
        self._access_tokens: dict[Secret, tuple[AccountKey, datetime]] = {}
        self._organisations: dict[AccountKey, tuple[Organisation, ...]] = {}

    # -- Tokens -------------------------------------------------------------------------------------------------------

    def issue_access(self, account: AccountKey, token: Secret, expires_at: datetime) -> ProviderAccess:
        self._access_tokens[token] = (account, expires_at)
        return ProviderAccess(token=token, expires_at=expires_at)

    def issue_refresh(self, account: AccountKey, token: Secret) -> Secret:
        self._refresh_tokens[token] = _RefreshToken(account)
        return token

    def opened_by(self, access: ProviderAccess) -> AccountKey:
        """The account that an access token opens.

        Raises:
            ProviderRefused: it is unknown or has expired.
        """
        account, expires_at = self._access_tokens.get(access.token, (None, None))
        if account is None or expires_at is None or expires_at <= self._clock.now():
            raise ProviderRefused(reason="the access token is unknown or has expired")
        return account

    def spend(self, refresh: Secret | None) -> AccountKey:
        """The account that a refresh token stands for.

        Raises:
            ProviderRefused: it is unknown, ended, or was rotated out more than `GRACE` ago.
        """
        known = self._refresh_tokens.get(refresh) if refresh is not None else None
        if known is None or known.is_dead:
            raise ProviderRefused(reason="the refresh token is unknown or has ended")
        if known.works_until is not None and known.works_until <= self._clock.now():
            raise ProviderRefused(reason="the refresh token was used long ago")
        return known.account

    def rotate_out(self, refresh: Secret | None) -> None:
        """Let a refresh token work for a while only; using it again does not prolong that."""
        known = self._refresh_tokens.get(refresh) if refresh is not None else None
        if known is not None and known.works_until is None:
            known.works_until = self._clock.now() + GRACE

    def honours(self, tokens: ProviderTokens) -> bool:
        """Whether the tokens can still be renewed, or never could."""
        if tokens.refresh is None:
            return True
        try:
            self.spend(tokens.refresh)
        except ProviderRefused:
            return False
        return True

    # -- The ends of a grant ------------------------------------------------------------------------------------------

    def end(self, spec: ConnectorSpec, tokens: ProviderTokens) -> None:
        """Revoke, as far as this provider's revocation reaches."""
        known = self._refresh_tokens.get(tokens.refresh) if tokens.refresh is not None else None
        if known is None:
            return
        if spec.revoke is not None and spec.revoke.radius is RevokeRadius.GRANT:
            self.end_account(known.account.provider, known.account.subject)
        known.is_dead = True

    def end_account(self, provider: ProviderKey, subject: str) -> None:
        """End everything of an account, as its owner can on the provider's own pages."""
        account = AccountKey(provider, subject)
        for token in self._refresh_tokens.values():
            if token.account == account:
                token.is_dead = True
        self._organisations.pop(account, None)

    # -- Organisations ------------------------------------------------------------------------------------------------

    def authorize(
        self, account: AccountKey, chosen: Organisation | None, all_of_them: tuple[Organisation, ...] | None
    ) -> None:
        """Let an account reach these from now on, or the chosen one as well as those it reaches already."""
        if all_of_them is None:
            kept = [one for one in self.organisations_of(account) if chosen is None or one.id != chosen.id]
            all_of_them = (*kept, chosen) if chosen is not None else tuple(kept)
        self._organisations[account] = all_of_them

    def organisations_of(self, account: AccountKey) -> tuple[Organisation, ...]:
        return self._organisations.get(account, ())

    def disconnect(self, account: AccountKey, connection_id: str) -> bool:
        """Drop one organisation; whether it was there."""
        before = self.organisations_of(account)
        self._organisations[account] = tuple(one for one in before if one.connection_id != connection_id)
        return len(self._organisations[account]) < len(before)
