"""What tests about connected services do with the core, one step each, and what they look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs

from pip_hub.adapters.memory.provider_side import AccountKey
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.application.activity.view_activity import ViewActivityCommand
from pip_hub.application.connectors.change_level import ChangeLevelCommand, LevelChanged
from pip_hub.application.connectors.choose_organisation import ChooseOrganisationCommand, OrganisationChosen
from pip_hub.application.connectors.reconnect_narrower import NotNarrowedYet, ReconnectNarrowerCommand
from pip_hub.application.connectors.refresh_provider_tokens import Wanted
from pip_hub.application.connectors.release_connector_token import (
    ConnectorTokenReleased,
    ReleaseConnectorTokenCommand,
)
from pip_hub.application.connectors.send_to_provider import LeaveForProvider
from pip_hub.application.flows.connector_cards import ConnectorCard
from pip_hub.domain.activity import ActivityEntry, ActivityKind
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import ConnectorLink, Organisation, ProviderAccount
from pip_hub.domain.identifiers import ConnectorKey, FlowId, ProviderKey
from pip_hub.domain.provider_grant import ProviderGrant, ProviderTokens
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.support.core import ANN, THE_RESOURCE, Core

DEMO_COMPANY = Organisation(id="organisation-1", name="Demo Company (AU)", connection_id="connection-1")
OTHER_LTD = Organisation(id="organisation-2", name="Other Ltd", connection_id="connection-2")
XERO_OWNER = ProviderAccount(subject="xero-subject-1", email="owner@example.com", organisation=DEMO_COMPANY)
"""Whom the in-memory gateway connects to Xero when nothing else was said."""

ALMOST_EXPIRED = timedelta(minutes=25)
"""After this long the tokens of the in-memory gateway are about to expire."""


def spec_of(core: Core, connector: str) -> ConnectorSpec:
    spec = core.catalogue.get(connector)
    assert spec is not None
    return spec


def link_of(core: Core, connector: str = "xero", email: str = ANN) -> ConnectorLink:
    """The link as it is stored."""
    (user,) = [user for user in core.tables.users.values() if user.email.value == email]
    return core.tables.connector_links[user.id, ConnectorKey(connector)]


def change_link(core: Core, connector: str = "xero", email: str = ANN, **overrides: Any) -> None:
    """Put another link in its place, as only something outside these tests could have made it."""
    link = link_of(core, connector, email)
    core.tables.connector_links[link.user_id, link.connector] = attrs.evolve(link, **overrides)


def grant_of(core: Core, connector: str = "xero", email: str = ANN) -> ProviderGrant:
    """The grant that the link hangs on."""
    return core.tables.provider_grants[link_of(core, connector, email).grant_id]


async def tokens_of(core: Core, connector: str = "xero", email: str = ANN) -> ProviderTokens:
    """The tokens behind the link."""
    grant = grant_of(core, connector, email)
    return ProviderTokens.unpack(await core.vault.open(grant.sealed_tokens, grant.vault_context))


async def card_of(core: Core, visitor: Visitor, connector: str = "xero") -> ConnectorCard:
    """What the hub page shows."""
    (card,) = [card for card in (await core.see_hub(visitor)).connectors if card.key == connector]
    return card


async def activity_of(core: Core, visitor: Visitor, kind: ActivityKind | None = None) -> list[ActivityEntry]:
    """The user's log, the newest first, or the lines of one kind."""
    view = await core.uses.view_activity()(ViewActivityCommand(visitor=visitor))
    return [line.entry for line in view.lines if kind in {None, line.entry.kind}]


async def refresh(
    core: Core,
    connector: str = "xero",
    email: str = ANN,
    *,
    narrow_to: Scopes | None = None,
    newer_than: int | None = None,
) -> ProviderTokens:
    """Ask for the tokens behind a link, fresh."""
    wanted = Wanted(grant_id=link_of(core, connector, email).grant_id, narrow_to=narrow_to, newer_than=newer_than)
    return await core.uses.refresh_provider_tokens()(spec_of(core, connector), wanted)


async def release(
    core: Core, connector: str | None = "xero", scope: str | None = "read", *, token: Secret | None = None
) -> ConnectorTokenReleased:
    """What the MCP server is given for a token of Ann's, made on the spot unless there is one."""
    token = token or (await core.tokens()).access_token
    command = ReleaseConnectorTokenCommand(
        credentials=THE_RESOURCE, subject_token=token, connector=connector, scope=scope
    )
    return await core.uses.release_connector_token()(command)


async def change_level(
    core: Core, visitor: Visitor, level: str, connector: str = "xero", flow_id: FlowId | None = None
) -> LevelChanged | LeaveForProvider:
    command = ChangeLevelCommand(visitor=visitor, connector=connector, level=level, flow_id=flow_id)
    return await core.uses.change_level()(command)


async def step_up(core: Core, visitor: Visitor, level: str = "write", connector: str = "xero") -> bool | None:
    """Raise the level by way of the provider; whether that came to a connection."""
    assert isinstance(await change_level(core, visitor, level, connector), LeaveForProvider)
    return (await core.come_back(visitor, core.gateway.trips[-1].state, connector)).connected


async def choose(
    core: Core, visitor: Visitor, organisation: str, connector: str = "xero", flow_id: FlowId | None = None
) -> OrganisationChosen:
    command = ChooseOrganisationCommand(
        visitor=visitor, connector=connector, organisation=organisation, flow_id=flow_id
    )
    return await core.uses.choose_organisation()(command)


async def reconnect_narrower(
    core: Core, visitor: Visitor, connector: str = "xero", flow_id: FlowId | None = None
) -> LeaveForProvider | NotNarrowedYet:
    command = ReconnectNarrowerCommand(visitor=visitor, connector=connector, flow_id=flow_id)
    return await core.uses.reconnect_narrower()(command)


def reaching_both(account: ProviderAccount = XERO_OWNER) -> tuple[ProviderAccount, tuple[Organisation, ...]]:
    """An account of two organisations whose provider does not say which one was meant: for `hand_out`."""
    return attrs.evolve(account, organisation=None), (DEMO_COMPANY, OTHER_LTD)


def now_reaches(core: Core, *organisations: Organisation, account: ProviderAccount = XERO_OWNER) -> None:
    """Let a Xero account reach just these from now on, by its owner's doing at the provider."""
    core.gateway.provider.authorize(AccountKey(ProviderKey("xero"), account.subject), None, organisations)
