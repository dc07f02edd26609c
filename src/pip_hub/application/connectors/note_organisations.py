"""The step that notices organisations which came or went on the provider's side."""

from __future__ import annotations

import attrs

from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import ProviderGateway
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.activity import ActivityEntry, ActivityKind
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import Attention, ConnectorLink, Organisation
from pip_hub.domain.errors import ProviderTrouble
from pip_hub.domain.provider_grant import ProviderGrant, ProviderTokens


@attrs.frozen(kw_only=True)
class NoteOrganisations:
    """List them again whenever tokens were renewed, and mark a link whose organisation is no longer reached.

    A list that cannot be had now changes nothing: the next renewal asks again.
    """

    unit_of_work: OpenUnitOfWork
    gateway: ProviderGateway
    clock: Clock
    secrets: SecretSource

    async def __call__(self, spec: ConnectorSpec, grant: ProviderGrant, tokens: ProviderTokens) -> None:
        if spec.organisations is None:
            return
        try:
            listed = await self.gateway.organisations(spec, tokens.access)
        except ProviderTrouble:
            return
        now = self.clock.now()
        async with self.unit_of_work() as work:
            for link in await work.connector_links.sharing(grant.provider, grant.subject):
                noted = _noted(link, listed)
                if noted == link:
                    continue
                await work.connector_links.put(noted)
                if noted.attention is Attention.ORGANISATION_GONE and link.attention is not noted.attention:
                    await work.activity.add(
                        ActivityEntry(
                            user_id=link.user_id,
                            kind=ActivityKind.NEEDS_ATTENTION,
                            connector=link.connector,
                            detail=Attention.ORGANISATION_GONE,
                            account=link.account.label,
                            at=now,
                            group=self.secrets.identifier(),
                        )
                    )
            await work.commit()


def _noted(link: ConnectorLink, listed: tuple[Organisation, ...]) -> ConnectorLink:
    chosen = link.account.organisation
    is_reached = chosen is None or any(one.id == chosen.id for one in listed)
    attention = link.attention
    if not is_reached and attention is None:
        attention = Attention.ORGANISATION_GONE
    elif is_reached and attention is Attention.ORGANISATION_GONE:
        attention = None
    return attrs.evolve(link, organisations=listed, attention=attention)
