"""Which organisations are connected, and under which tenant id each is known at present."""

from __future__ import annotations

import attrs

from pip_hub.adapters.sandbox.people import Organisation
from pip_hub.adapters.sandbox.records import Code, RefreshToken, XeroConnection, consent_key
from pip_hub.adapters.sandbox.state import XeroState, remove_where
from pip_hub.adapters.sandbox.store import Store
from pip_hub.adapters.sandbox.tokens import fresh_id


def connections_of(store: Store, client_id: str, subject: str) -> list[XeroConnection]:
    """The connections of one user to one app, oldest first."""
    found = [
        one for one in store.state.xero.connections.values() if (one.client_id, one.subject) == (client_id, subject)
    ]
    return sorted(found, key=lambda one: one.created_at)


def connect(
    xero: XeroState, organisation: Organisation, *, client_id: str, subject: str, auth_event_id: str, now: float
) -> None:
    """Connect an organisation, or note that an existing connection was confirmed by one more flow."""
    tenant_id = xero.tenant_ids.get(organisation.name, organisation.tenant_id)
    wanted = (client_id, subject, tenant_id)
    for known in xero.connections.values():
        if (known.client_id, known.subject, known.tenant_id) == wanted:
            xero.connections[known.id] = attrs.evolve(known, auth_event_id=auth_event_id, updated_at=now)
            return
    fresh = XeroConnection(
        id=fresh_id(),
        client_id=client_id,
        subject=subject,
        organisation=organisation.name,
        tenant_id=tenant_id,
        auth_event_id=auth_event_id,
        created_at=now,
        updated_at=now,
    )
    xero.connections[fresh.id] = fresh


def reset_organisation(xero: XeroState, organisation: Organisation) -> None:
    """What resetting a demo company does: it comes back under a new tenant id, and nothing is connected to it."""
    xero.tenant_ids[organisation.name] = fresh_id()
    remove_where(xero.connections, lambda one: one.organisation == organisation.name)


def end_token_sets(xero: XeroState, client_id: str, subject: str) -> None:
    """Every refresh token of one user to one app is dead; consents and connections stay."""
    remove_where(xero.refresh_tokens, lambda token: (token.client_id, token.subject) == (client_id, subject))


def forget_user(xero: XeroState, client_id: str, subject: str) -> None:
    """What a revocation does: every connection, consent and refresh token of one user to one app is gone."""

    def belongs(record: Code | RefreshToken | XeroConnection) -> bool:
        return (record.client_id, record.subject) == (client_id, subject)

    remove_where(xero.codes, belongs)
    remove_where(xero.refresh_tokens, belongs)
    remove_where(xero.connections, belongs)
    xero.consents.pop(consent_key(client_id, subject), None)
