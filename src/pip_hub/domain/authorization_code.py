"""The code a client redeems for tokens (RFC 6749 4.1.2)."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.domain.identifiers import ClientId, FlowId, GrantId, UserId
from pip_hub.domain.pkce import CodeChallenge
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Digest, Sealed


@attrs.frozen(kw_only=True)
class AuthorizationCode:
    """Who may redeem it, with what, until when; spent once."""

    digest: Digest
    flow_id: FlowId
    grant_id: GrantId
    client_id: ClientId
    user_id: UserId
    redirect_uri: RedirectUri
    challenge: CodeChallenge
    scopes: Scopes
    resource: str
    created_at: datetime
    expires_at: datetime
    redeemed_at: datetime | None = None
    sealed_code: Sealed | None = None
    """The code itself, sealed, until it is redeemed: a second click on Continue hands the same answer over again, so
    that a lost redirect does not strand the user."""

    def is_live(self, now: datetime) -> bool:
        return self.redeemed_at is None and now < self.expires_at

    @property
    def vault_context(self) -> str:
        return code_context(self.digest)


def code_context(digest: Digest) -> str:
    """What a sealed code is bound to in the vault."""
    return f"authorization-code:{digest.value}"
