"""What a person's "Allow access" does at Xero."""

from __future__ import annotations

from pip_hub.adapters.sandbox.core import Sandbox
from pip_hub.adapters.sandbox.people import XeroUser
from pip_hub.adapters.sandbox.records import AuthorizationRequest, Code, Consent, consent_key
from pip_hub.adapters.sandbox.tokens import fresh_id, fresh_value
from pip_hub.adapters.sandbox.xero.scopes import OFFLINE, SCOPES
from pip_hub.adapters.sandbox.xero.tenants import connect


def grant(sandbox: Sandbox, request: AuthorizationRequest, user: XeroUser, organisation: str) -> str:
    """Connect the organisation and return the code.

    Scopes only ever add up: the code carries all that this user ever granted to this app. Whether a refresh token comes
    with it depends on this request alone.
    """
    chosen = sandbox.config.people.organisation(organisation)
    if chosen is None:
        raise ValueError(f"{user.email} is set up with an organisation that does not exist")
    now, auth_event_id = sandbox.store.now(), fresh_id()
    with sandbox.store.changing() as state:
        key = consent_key(request.client_id, user.subject)
        before = state.xero.consents.get(key)
        together = {*request.scopes, *(before.scopes if before else ())}
        ordered = tuple(scope for scope in SCOPES if scope in together)
        state.xero.consents[key] = Consent(app=request.client_id, subject=user.subject, scopes=ordered)
        connect(
            state.xero,
            chosen,
            client_id=request.client_id,
            subject=user.subject,
            auth_event_id=auth_event_id,
            now=now,
        )
        code = Code(
            value=fresh_value(),
            client_id=request.client_id,
            redirect_uri=request.redirect_uri,
            subject=user.subject,
            scopes=ordered,
            nonce=request.nonce,
            code_challenge=request.code_challenge,
            refreshable=OFFLINE in request.scopes,
            issued_at=now,
            auth_event_id=auth_event_id,
        )
        state.xero.codes[code.value] = code
    return code.value
