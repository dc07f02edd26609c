"""Hand a connector token to an MCP server (RFC 8693): the one door through which provider tokens leave."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

import attrs

from pip_hub.application.connectors.refresh_provider_tokens import RefreshProviderTokens, Wanted
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.application.tokens.authenticate_resource import ResourceCredentials, authenticate_resource
from pip_hub.domain.activity import ActivityEntry, ActivityKind
from pip_hub.domain.connector import ConnectorCatalogue, ConnectorSpec
from pip_hub.domain.connector_link import ConnectorLink, Organisation
from pip_hub.domain.errors import (
    CannotOpen,
    GrantGone,
    InteractionRequired,
    InvalidRequest,
    InvalidScope,
    InvalidSubjectToken,
    InvalidTarget,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderRefusedScope,
    ProviderUnreachable,
    ReleaseFailed,
    TemporarilyUnavailable,
)
from pip_hub.domain.grant import Grant
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import ProviderTokens
from pip_hub.domain.release import Need, what_is_needed
from pip_hub.domain.resource import Resource
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret, digest_of

_COME_BACK = timedelta(seconds=5)


@attrs.frozen(kw_only=True)
class ReleaseConnectorTokenCommand:
    """Who asks, for whose token, for which connector, at which level (a word; without one, the link's own)."""

    credentials: ResourceCredentials
    subject_token: Secret | None
    connector: str | None
    scope: str | None = None


@attrs.frozen(kw_only=True)
class ConnectorTokenReleased:
    """A provider's access token that works for a while yet, and what it is for.

    `token_allows` is what the provider would let it do, where that could not be narrowed to `level`.
    """

    access_token: Secret
    lifetime: timedelta
    level: Level
    token_allows: Level
    account: str
    organisation: Organisation | None


@attrs.frozen(kw_only=True)
class _Entitled:
    """A request that has passed every check."""

    resource: Resource
    grant: Grant
    client_name: str
    link: ConnectorLink
    level: Level


@attrs.frozen(kw_only=True)
class ReleaseConnectorToken:
    """Check everything, have the tokens fresh, check the link again, note the use, and only then hand a token out.

    Raises:
        InvalidClient: the resource is not who it says.
        InvalidRequest, InvalidScope, InvalidTarget: see the types; an unknown connector is an invalid target.
        InvalidSubjectToken: the MCP token is not live, or was issued for another resource.
        InteractionRequired: the user has to connect, mend, raise the level, or choose an organisation first.
        TemporarilyUnavailable: the provider cannot be reached now; nothing is lost.
        ReleaseFailed: the operator has to act; nothing is released.
    """

    unit_of_work: OpenUnitOfWork
    catalogue: ConnectorCatalogue
    refresh_provider_tokens: RefreshProviderTokens
    clock: Clock

    async def __call__(self, command: ReleaseConnectorTokenCommand) -> ConnectorTokenReleased:
        async with self.unit_of_work() as work:
            spec, entitled = await self._entitle(work, command)
        tokens, narrows = await self._as_narrow_as_possible(spec, entitled)
        now = self.clock.now()
        async with self.unit_of_work() as work:
            # Asked again: the user may have taken the client's access away while the provider was asked.
            await self._subject(work, entitled.resource, command.subject_token)
            link = await self._note_use(work, spec, entitled, now)
            await work.commit()
        access = tokens.narrow if narrows and tokens.narrow is not None else tokens.access
        # What the tokens allow, and not what this user granted: others may have widened the grant they share.
        exceeds = not narrows and spec.scopes.exceeds(entitled.level, tokens.granted)
        return ConnectorTokenReleased(
            access_token=access.token,
            lifetime=access.expires_at - now,
            level=entitled.level,
            token_allows=Level.WRITE if exceeds else entitled.level,
            account=link.account.label,
            organisation=link.account.organisation,
        )

    async def _entitle(
        self, work: UnitOfWork, command: ReleaseConnectorTokenCommand
    ) -> tuple[ConnectorSpec, _Entitled]:
        resource = await authenticate_resource(work, command.credentials)
        grant = await self._subject(work, resource, command.subject_token)
        if command.connector is None:
            raise InvalidRequest(reason="audience is required: the connector's key")
        spec = self.catalogue.get(command.connector)
        if spec is None:
            raise InvalidTarget(reason="no such connector")
        link = await work.connector_links.get(grant.user_id, spec.key)
        level = _read_level(command.scope, link)
        if link is None:
            raise InteractionRequired(reason="no link", connector=spec.key, need=Need.NOT_CONNECTED)
        _require_entitled(spec, link, level)
        client = await work.clients.get(grant.client_id)
        name = client.name if client is not None else grant.redirect_uri.host
        return spec, _Entitled(resource=resource, grant=grant, client_name=name, link=link, level=level)

    async def _subject(self, work: UnitOfWork, resource: Resource, subject_token: Secret | None) -> Grant:
        if subject_token is None:
            raise InvalidRequest(reason="subject_token is required")
        token = await work.access_tokens.get(digest_of(subject_token))
        # Issued for that very resource, and not merely by us: otherwise one MCP server could spend another's tokens.
        if token is None or not token.is_live(self.clock.now()) or token.resource != resource.uri:
            raise InvalidSubjectToken(reason="subject_token is not live, or was issued for another resource")
        grant = await work.grants.get(token.grant_id)
        if grant is None or not grant.is_live:
            raise InvalidSubjectToken(reason="the grant was revoked")
        return grant

    async def _as_narrow_as_possible(self, spec: ConnectorSpec, entitled: _Entitled) -> tuple[ProviderTokens, bool]:
        """Tokens, and whether the provider narrowed them. Where it will not, the answer says what they allow."""
        if _can_narrow(spec, entitled):
            with contextlib.suppress(ProviderRefusedScope):
                return await self._fresh(spec, entitled, spec.scopes.needed(entitled.level)), True
        return await self._fresh(spec, entitled, None), False

    async def _fresh(self, spec: ConnectorSpec, entitled: _Entitled, narrow_to: Scopes | None) -> ProviderTokens:
        wanted = Wanted(grant_id=entitled.link.grant_id, narrow_to=narrow_to)
        try:
            return await self.refresh_provider_tokens(spec, wanted)
        except GrantGone:
            raise InteractionRequired(reason="disconnected", connector=spec.key, need=Need.NOT_CONNECTED) from None
        except ProviderRefused:
            raise InteractionRequired(reason="grant ended", connector=spec.key, need=Need.NEEDS_ATTENTION) from None
        except ProviderUnreachable as trouble:
            raise TemporarilyUnavailable(reason=trouble.reason, retry_after=trouble.retry_after or _COME_BACK) from None
        except ProviderMisbehaved as trouble:
            raise TemporarilyUnavailable(reason=trouble.reason, retry_after=_COME_BACK) from None
        except ProviderRefusedScope as trouble:
            if narrow_to is not None:
                raise
            raise ReleaseFailed(reason=f"{spec.key}: {trouble.reason}") from None
        except (ProviderMisconfigured, CannotOpen) as trouble:
            raise ReleaseFailed(reason=f"{spec.key}: {trouble.reason}") from None

    async def _note_use(
        self, work: UnitOfWork, spec: ConnectorSpec, entitled: _Entitled, now: datetime
    ) -> ConnectorLink:
        """The link as it is now: whatever the user changed while the provider was asked counts."""
        link = await work.connector_links.used(entitled.link.user_id, spec.key, entitled.link.grant_id, now)
        if link is None:
            raise InteractionRequired(reason="disconnected", connector=spec.key, need=Need.NOT_CONNECTED)
        _require_entitled(spec, link, entitled.level)
        await work.activity.add(
            ActivityEntry(
                user_id=link.user_id,
                kind=ActivityKind.RELEASED,
                connector=link.connector,
                detail=entitled.level,
                account=link.account.label,
                client=entitled.client_name,
                at=now,
                group=f"released:{link.connector}:{entitled.level}:{entitled.grant.id}:{now.date().isoformat()}",
            )
        )
        return link


def _read_level(scope: str | None, link: ConnectorLink | None) -> Level:
    if not scope:
        return link.level if link is not None else Level.READ
    try:
        return Level(scope)
    except ValueError:
        raise InvalidScope(reason="scope is read or write") from None


def _require_entitled(spec: ConnectorSpec, link: ConnectorLink, level: Level) -> None:
    need = what_is_needed(spec, link, level)
    if need is not None:
        raise InteractionRequired(reason=f"{level} is not possible: {need}", connector=spec.key, need=need)


def _can_narrow(spec: ConnectorSpec, entitled: _Entitled) -> bool:
    can = spec.refresh is not None and spec.refresh.narrows
    return can and spec.scopes.exceeds(entitled.level, entitled.link.granted)
