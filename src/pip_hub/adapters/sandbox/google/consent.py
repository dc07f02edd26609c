"""What a person's "Allow" does at Google, and what taking it back does."""

from __future__ import annotations

from pip_hub.adapters.sandbox.config import GoogleProject
from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.google.scopes import SCOPES
from pip_hub.adapters.sandbox.people import GoogleAccount
from pip_hub.adapters.sandbox.records import (
    AuthorizationRequest,
    Code,
    Consent,
    GoogleAccessToken,
    RefreshToken,
    consent_key,
)
from pip_hub.adapters.sandbox.state import GoogleState, remove_where
from pip_hub.adapters.sandbox.store import Store
from pip_hub.adapters.sandbox.tokens import fresh_value


def granted_before(store: Store, project_id: str, subject: str) -> tuple[str, ...]:
    """All the account ever granted to any client of the project and has not taken back."""
    known = store.state.google.consents.get(consent_key(project_id, subject))
    return known.scopes if known else ()


def grant(
    sandbox: Sandbox,
    project: GoogleProject,
    request: AuthorizationRequest,
    account: GoogleAccount,
    approved: tuple[str, ...],
    *,
    consented: bool,
) -> Code:
    """Record the grant and make the code.

    `consented` says whether the consent page was shown: only then can there be a refresh token. The grant belongs to
    the project; the code carries what was approved now, or everything with `include_granted_scopes`.
    """
    together = {*approved, *granted_before(sandbox.store, project.project_id, account.subject)}
    with sandbox.store.changing() as state:
        scopes = tuple(scope for scope in SCOPES if scope in together)
        whole = Consent(app=project.project_id, subject=account.subject, scopes=scopes)
        state.google.consents[whole.key] = whole
        code = Code(
            value=fresh_value("4/0Sandbox"),
            client_id=request.client_id,
            redirect_uri=request.redirect_uri,
            subject=account.subject,
            scopes=whole.scopes if request.include_granted_scopes else approved,
            nonce=request.nonce,
            code_challenge=request.code_challenge,
            refreshable=request.offline and consented,
            issued_at=sandbox.store.now(),
        )
        state.google.codes[code.value] = code
    return code


def forget_project(google: GoogleState, project: GoogleProject, subject: str) -> None:
    """What a revocation does: whatever this account granted to any client of the project is gone, tokens and all."""

    def belongs(record: Code | RefreshToken | GoogleAccessToken) -> bool:
        return record.subject == subject and project.client(record.client_id) is not None

    remove_where(google.codes, belongs)
    remove_where(google.refresh_tokens, belongs)
    remove_where(google.access_tokens, belongs)
    google.consents.pop(consent_key(project.project_id, subject), None)
