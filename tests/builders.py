"""Values to start a test from: valid by default, override what the test is about."""

from datetime import timedelta
from typing import Any

import attrs

from pip_hub.adapters.contracts.samples import (
    NOW,
    VERIFIER,
    a_client,
    a_code,
    a_digest,
    a_grant,
    a_link,
    a_notice,
    a_provider_grant,
    a_refresh_token,
    a_resource,
    a_revocation,
    a_session,
    a_user,
    an_access_token,
    an_account,
    an_activity_entry,
    an_attempt,
    an_authorization_request,
    an_open_flow,
    an_organisation,
)
from pip_hub.domain.connector import (
    ConnectorSpec,
    OpenIdSpec,
    OrganisationsSpec,
    RefreshSpec,
    RevokeRadius,
    RevokeSpec,
    TokenAuth,
)
from pip_hub.domain.identifiers import ConnectorKey, ProviderKey
from pip_hub.domain.mcp_flow import FlowOutcome, McpFlow
from pip_hub.domain.permission import Level, ScopeRules
from pip_hub.domain.scope import Scopes

__all__ = [
    "NOW",
    "VERIFIER",
    "a_client",
    "a_closed_flow",
    "a_code",
    "a_connector",
    "a_connector_with_organisations",
    "a_digest",
    "a_grant",
    "a_link",
    "a_notice",
    "a_provider_grant",
    "a_refresh_token",
    "a_resource",
    "a_revocation",
    "a_session",
    "a_user",
    "an_access_token",
    "an_account",
    "an_activity_entry",
    "an_attempt",
    "an_authorization_request",
    "an_open_flow",
    "an_organisation",
]


def a_closed_flow(outcome: FlowOutcome = FlowOutcome.COMPLETED, **overrides: Any) -> McpFlow:
    return an_open_flow(**overrides).closed(outcome, NOW + timedelta(minutes=1))


def a_connector(**overrides: Any) -> ConnectorSpec:
    """A connector without organisations, whose provider revokes all of an account's grants at once, like Google's.

    A refresh brings no new refresh token, and may ask for fewer scopes.
    """
    return attrs.evolve(
        ConnectorSpec(
            key=ConnectorKey("sheets"),
            name="Google Sheets",
            pitch="Read and write spreadsheet data",
            icon="sheets",
            provider=ProviderKey("google"),
            provider_name="Google",
            available=True,
            authorize_url="https://provider.example/authorize",
            token_url="https://provider.example/token",
            token_auth=TokenAuth.POST,
            pkce=True,
            scopes=ScopeRules(
                identity=Scopes.of("openid", "email"),
                levels={Level.READ: Scopes.of("sheets.read"), Level.WRITE: Scopes.of("sheets")},
                implies={"sheets": Scopes.of("sheets.read")},
            ),
            revoke=RevokeSpec(url="https://provider.example/revoke", radius=RevokeRadius.GRANT),
            openid=OpenIdSpec(
                issuers=("https://provider.example",),
                jwks_url="https://provider.example/keys",
                algorithms=("RS256",),
            ),
            refresh=RefreshSpec(rotates=False, narrows=True, idle=timedelta(days=180)),
        ),
        **overrides,
    )


def a_connector_with_organisations(**overrides: Any) -> ConnectorSpec:
    """A connector whose accounts reach several organisations, like Xero's.

    Its refresh tokens rotate, and its scopes add up.
    """
    fields: dict[str, Any] = {
        "key": ConnectorKey("xero"),
        "name": "Xero",
        "pitch": "Access invoices, bank accounts, and reports",
        "icon": "xero",
        "provider": ProviderKey("xero"),
        "provider_name": "Xero",
        "scopes": ScopeRules(
            identity=Scopes.of("openid", "email"),
            levels={
                Level.READ: Scopes.of("accounting.invoices.read"),
                Level.WRITE: Scopes.of("accounting.invoices"),
            },
            implies={"accounting.invoices": Scopes.of("accounting.invoices.read")},
        ),
        "organisations": OrganisationsSpec(
            list_url="https://provider.example/connections",
            delete_url="https://provider.example/connections/{id}",
            id_field="tenantId",
            name_field="tenantName",
            connection_field="id",
            event_field="authEventId",
            event_claim="authentication_event_id",
        ),
        "refresh": RefreshSpec(rotates=True, narrows=False, idle=timedelta(days=60)),
        "scopes_add_up": True,
    }
    return a_connector(**(fields | overrides))
