"""The step that turns a user's links into the cards of the hub page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import attrs

from pip_hub.application.policy import Policy
from pip_hub.application.ports.unit_of_work import UnitOfWork
from pip_hub.domain.connector import ConnectorCatalogue, ConnectorSpec
from pip_hub.domain.connector_link import Attention, ConnectorLink, LinkStatus, Organisation
from pip_hub.domain.identifiers import ConnectorKey, UserId
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes


@attrs.frozen(kw_only=True)
class ConnectorCard:
    """One connector as the page shows it."""

    key: ConnectorKey
    name: str
    pitch: str
    icon: str
    notice: str | None
    provider_name: str
    status: LinkStatus
    levels: tuple[Level, ...]
    required: bool
    account: str | None = None
    email: str | None = None
    level: Level | None = None
    granted: Scopes = attrs.field(factory=Scopes)
    missing: Scopes = attrs.field(factory=Scopes)
    """What the level needs and the provider has not granted."""
    holds_more: bool = False
    """The provider granted more than the level: only reconnecting with less makes that smaller."""
    organisation: Organisation | None = None
    organisations: tuple[Organisation, ...] = ()
    shares_with: tuple[str, ...] = ()
    """Names of the user's other connectors on the same grant."""
    shared_by_others: bool = False
    """Another user of this hub connected the same account."""
    connected_at: datetime | None = None
    last_used_at: datetime | None = None
    attention: Attention | None = None

    @property
    def is_connected(self) -> bool:
        """Whether there is a link, in whatever state."""
        return self.connected_at is not None


@attrs.frozen(kw_only=True)
class DealCards:
    """One card per connector, in catalogue order."""

    catalogue: ConnectorCatalogue
    policy: Policy

    async def __call__(self, work: UnitOfWork, user_id: UserId) -> tuple[ConnectorCard, ...]:
        links = {link.connector: link for link in await work.connector_links.of_user(user_id)}
        cards = []
        for spec in self.catalogue:
            card, link = self._unconnected(spec), links.get(spec.key)
            if link is not None:
                shared = await work.connector_links.is_shared_by_others(user_id, link.provider, link.account.subject)
                card = self._connected(card, spec, link, links, shared_by_others=shared)
            cards.append(card)
        return tuple(cards)

    def _unconnected(self, spec: ConnectorSpec) -> ConnectorCard:
        return ConnectorCard(
            key=spec.key,
            name=spec.name,
            pitch=spec.pitch,
            icon=spec.icon,
            notice=spec.notice,
            provider_name=spec.provider_name,
            status=LinkStatus.NOT_CONNECTED if spec.available else LinkStatus.UNAVAILABLE,
            levels=tuple(level for level in Level if spec.offers(level)),
            required=spec.key in self.policy.required_connectors,
        )

    def _connected(
        self,
        card: ConnectorCard,
        spec: ConnectorSpec,
        link: ConnectorLink,
        links: Mapping[ConnectorKey, ConnectorLink],
        *,
        shared_by_others: bool,
    ) -> ConnectorCard:
        # An operator may have taken the level away since; then there is nothing to compare with.
        offered = spec.offers(link.level)
        return attrs.evolve(
            card,
            status=link.status(spec),
            account=link.account.label,
            email=link.account.email,
            level=link.level,
            granted=link.granted,
            missing=spec.scopes.missing(link.level, link.granted) if offered else Scopes(),
            holds_more=offered and spec.scopes.exceeds(link.level, link.granted),
            organisation=link.account.organisation,
            organisations=link.organisations,
            shares_with=tuple(
                other.name for other in self.catalogue if _share_fate(link, links.get(other.key)) and other != spec
            ),
            shared_by_others=shared_by_others,
            connected_at=link.connected_at,
            last_used_at=link.last_used_at,
            attention=link.attention,
        )


def _share_fate(link: ConnectorLink, other: ConnectorLink | None) -> bool:
    return other is not None and (other.provider, other.account.subject) == (link.provider, link.account.subject)
