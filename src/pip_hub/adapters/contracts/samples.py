"""One valid value of every stored kind, to start a test from: override what the test is about.

All samples belong together: the flow, the session and the grant are the same user's, the code and the tokens hang on
that grant, and everything began at `NOW`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from pip_hub.domain.activity import ActivityEntry, ActivityKind
from pip_hub.domain.authorization_code import AuthorizationCode
from pip_hub.domain.client import Client, ClientAuthMethod
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.connector_link import ConnectorLink, Organisation, ProviderAccount
from pip_hub.domain.grant import AccessToken, Grant, RefreshToken
from pip_hub.domain.identifiers import (
    ClientId,
    ConnectorKey,
    FlowId,
    GrantId,
    ProviderGrantId,
    ProviderKey,
    ResourceId,
    RevocationId,
    UserId,
)
from pip_hub.domain.mcp_flow import AuthorizationRequest, McpFlow
from pip_hub.domain.notice import Notice, NoticeKind
from pip_hub.domain.permission import Level
from pip_hub.domain.pkce import CodeChallenge, challenge_of
from pip_hub.domain.provider_grant import ProviderGrant
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.resource import Resource
from pip_hub.domain.revocation import ForgetPlan, Revocation
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Digest, Sealed, Secret, digest_of
from pip_hub.domain.session import Session
from pip_hub.domain.user import Email, User

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
VERIFIER = "a-verifier-of-the-forty-three-or-more-characters-it-needs"
"""The PKCE verifier behind the samples' challenge."""


def a_digest(of: str) -> Digest:
    """The digest of a secret that is told apart by `of`."""
    return digest_of(Secret(f"the secret of {of}"))


def a_client(**overrides: Any) -> Client:
    return attrs.evolve(
        Client(
            id=ClientId("client-1"),
            name="Sample client",
            redirect_uris=(RedirectUri("https://client.example/callback"), RedirectUri("http://127.0.0.1/callback")),
            auth_method=ClientAuthMethod.NONE,
            created_at=NOW,
        ),
        **overrides,
    )


def a_resource(**overrides: Any) -> Resource:
    return attrs.evolve(
        Resource(
            id=ResourceId("resource-1"),
            uri="https://mcp.example/mcp",
            name="Sample MCP server",
            scopes=Scopes.of("mcp:tools", "mcp:read"),
            secret_digest=a_digest("resource"),
            created_at=NOW,
        ),
        **overrides,
    )


def a_user(**overrides: Any) -> User:
    return attrs.evolve(
        User(id=UserId("user-1"), email=Email("user@example.com"), password_hash="no password", created_at=NOW),
        **overrides,
    )


def a_session(**overrides: Any) -> Session:
    return attrs.evolve(
        Session.begin(a_digest("session"), UserId("user-1"), NOW, timedelta(days=30)),
        **overrides,
    )


def a_notice(**overrides: Any) -> Notice:
    return attrs.evolve(
        Notice(
            session=a_digest("session"),
            kind=NoticeKind.CONNECTED,
            connector=ConnectorKey("xero"),
            account="Demo Company (AU)",
            at=NOW,
        ),
        **overrides,
    )


def an_authorization_request(**overrides: Any) -> AuthorizationRequest:
    return attrs.evolve(
        AuthorizationRequest(
            client_id=ClientId("client-1"),
            redirect_uri=RedirectUri("https://client.example/callback"),
            state="state of the client",
            challenge=CodeChallenge(challenge_of(VERIFIER)),
            scopes=Scopes.of("mcp:tools"),
            resource="https://mcp.example/mcp",
        ),
        **overrides,
    )


def an_open_flow(**overrides: Any) -> McpFlow:
    return attrs.evolve(
        McpFlow(
            id=FlowId("flow-1"),
            user_id=UserId("user-1"),
            browser=a_digest("session"),
            request=an_authorization_request(),
            created_at=NOW,
            expires_at=NOW + timedelta(minutes=30),
        ),
        **overrides,
    )


def an_attempt(**overrides: Any) -> ConnectionAttempt:
    return attrs.evolve(
        ConnectionAttempt(
            state_digest=a_digest("state"),
            user_id=UserId("user-1"),
            session=a_digest("session"),
            flow_id=FlowId("flow-1"),
            connector=ConnectorKey("xero"),
            level=Level.READ,
            sealed_trip=Sealed("sealed trip"),
            created_at=NOW,
            expires_at=NOW + timedelta(minutes=10),
        ),
        **overrides,
    )


def an_organisation(**overrides: Any) -> Organisation:
    return attrs.evolve(
        Organisation(id="organisation-1", name="Demo Company (AU)", connection_id="connection-1"),
        **overrides,
    )


def an_account(**overrides: Any) -> ProviderAccount:
    return attrs.evolve(
        ProviderAccount(subject="subject-1", email="owner@example.com", organisation=an_organisation()),
        **overrides,
    )


def a_link(**overrides: Any) -> ConnectorLink:
    return attrs.evolve(
        ConnectorLink(
            user_id=UserId("user-1"),
            connector=ConnectorKey("xero"),
            provider=ProviderKey("xero"),
            grant_id=ProviderGrantId("provider-grant-1"),
            account=an_account(),
            level=Level.READ,
            granted=Scopes.of("openid", "accounting.invoices.read"),
            connected_at=NOW,
            organisations=(an_organisation(),),
        ),
        **overrides,
    )


def a_provider_grant(**overrides: Any) -> ProviderGrant:
    return attrs.evolve(
        ProviderGrant(
            id=ProviderGrantId("provider-grant-1"),
            provider=ProviderKey("xero"),
            subject="subject-1",
            sealed_tokens=Sealed("sealed tokens"),
            generation=0,
            refreshed_at=NOW,
        ),
        **overrides,
    )


def a_revocation(**overrides: Any) -> Revocation:
    return attrs.evolve(
        Revocation(
            id=RevocationId("revocation-1"),
            grant_id=ProviderGrantId("provider-grant-1"),
            provider=ProviderKey("xero"),
            subject="subject-1",
            user_id=UserId("user-1"),
            connector=ConnectorKey("xero"),
            plan=ForgetPlan.REVOKE,
            account="Demo Company (AU)",
            organisation=an_organisation(),
            sealed_tokens=Sealed("sealed tokens"),
            created_at=NOW,
            next_try_at=NOW,
        ),
        **overrides,
    )


def an_activity_entry(**overrides: Any) -> ActivityEntry:
    return attrs.evolve(
        ActivityEntry(
            user_id=UserId("user-1"),
            kind=ActivityKind.RELEASED,
            connector=ConnectorKey("xero"),
            detail=Level.READ.value,
            account="Demo Company (AU)",
            client="Sample client",
            at=NOW,
            group="group-1",
        ),
        **overrides,
    )


def a_grant(**overrides: Any) -> Grant:
    return attrs.evolve(
        Grant(
            id=GrantId("grant-1"),
            user_id=UserId("user-1"),
            client_id=ClientId("client-1"),
            redirect_uri=RedirectUri("https://client.example/callback"),
            scopes=Scopes.of("mcp:tools"),
            resource="https://mcp.example/mcp",
            created_at=NOW,
        ),
        **overrides,
    )


def a_code(**overrides: Any) -> AuthorizationCode:
    return attrs.evolve(
        AuthorizationCode(
            digest=a_digest("code"),
            flow_id=FlowId("flow-1"),
            grant_id=GrantId("grant-1"),
            client_id=ClientId("client-1"),
            user_id=UserId("user-1"),
            redirect_uri=RedirectUri("https://client.example/callback"),
            challenge=CodeChallenge(challenge_of(VERIFIER)),
            scopes=Scopes.of("mcp:tools"),
            resource="https://mcp.example/mcp",
            created_at=NOW,
            expires_at=NOW + timedelta(minutes=10),
            sealed_code=Sealed("sealed code"),
        ),
        **overrides,
    )


def an_access_token(**overrides: Any) -> AccessToken:
    return attrs.evolve(
        AccessToken(
            digest=a_digest("access token"),
            grant_id=GrantId("grant-1"),
            scopes=Scopes.of("mcp:tools"),
            resource="https://mcp.example/mcp",
            created_at=NOW,
            expires_at=NOW + timedelta(minutes=60),
        ),
        **overrides,
    )


def a_refresh_token(**overrides: Any) -> RefreshToken:
    return attrs.evolve(
        RefreshToken(
            digest=a_digest("refresh token"),
            grant_id=GrantId("grant-1"),
            created_at=NOW,
            expires_at=NOW + timedelta(days=30),
        ),
        **overrides,
    )
