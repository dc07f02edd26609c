"""Introspect a token (RFC 7662)."""

from __future__ import annotations

from datetime import datetime

import attrs

from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.application.tokens.authenticate_resource import ResourceCredentials, authenticate_resource
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.connector_link import ConnectorLink, LinkStatus
from pip_hub.domain.errors import InvalidRequest
from pip_hub.domain.grant import AccessToken
from pip_hub.domain.identifiers import ClientId, ConnectorKey, UserId
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret, digest_of


@attrs.frozen(kw_only=True)
class IntrospectTokenCommand:
    """The resource's own credentials, and the access token it received."""

    credentials: ResourceCredentials
    token: Secret | None


@attrs.frozen(kw_only=True)
class ConnectorState:
    """What a resource is told about one connector of the token's user; no token of any kind."""

    key: ConnectorKey
    name: str
    status: LinkStatus
    account: str | None = None
    level: Level | None = None


@attrs.frozen(kw_only=True)
class ActiveToken:
    """An active token (RFC 7662 2.2), with the state of the user's connectors."""

    user_id: UserId
    email: str
    client_id: ClientId
    scopes: Scopes
    resource: str
    issued_at: datetime
    expires_at: datetime
    connectors: tuple[ConnectorState, ...]


@attrs.frozen(kw_only=True)
class IntrospectToken:
    """Tell a resource about a token issued for it; None for every other token, whatever the reason.

    Raises:
        InvalidClient: the resource is not who it says.
        InvalidRequest: the token is missing.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    clock: Clock

    async def __call__(self, command: IntrospectTokenCommand) -> ActiveToken | None:
        now = self.clock.now()
        async with self.unit_of_work() as work:
            resource = await authenticate_resource(work, command.credentials)
            if command.token is None:
                raise InvalidRequest(reason="token is required")
            token = await work.access_tokens.get(digest_of(command.token))
            if token is None or not token.is_live(now) or token.resource != resource.uri:
                return None
            return await self._describe(work, token)

    async def _describe(self, work: UnitOfWork, token: AccessToken) -> ActiveToken | None:
        grant = await work.grants.get(token.grant_id)
        user = await work.users.get(grant.user_id) if grant is not None else None
        if grant is None or not grant.is_live or user is None:
            return None
        links = {link.connector: link for link in await work.connector_links.of_user(user.id)}
        return ActiveToken(
            user_id=user.id,
            email=user.email.value,
            client_id=grant.client_id,
            scopes=token.scopes,
            resource=token.resource,
            issued_at=token.created_at,
            expires_at=token.expires_at,
            connectors=self._connectors(links),
        )

    def _connectors(self, links: dict[ConnectorKey, ConnectorLink]) -> tuple[ConnectorState, ...]:
        states = []
        for spec in self.catalogue:
            link = links.get(spec.key)
            if link is None:
                status = LinkStatus.NOT_CONNECTED if spec.available else LinkStatus.UNAVAILABLE
                states.append(ConnectorState(key=spec.key, name=spec.name, status=status))
                continue
            states.append(
                ConnectorState(
                    key=spec.key,
                    name=spec.name,
                    status=link.status(spec),
                    account=link.account.label,
                    level=link.level,
                )
            )
        return tuple(states)
