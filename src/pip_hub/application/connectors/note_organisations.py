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

    A list that cannot be had now changes nothing: the next renewal asks again. `grant` is the renewed one.
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
            links = await work.connector_links.sharing(grant.provider, grant.subject)
            current = await work.provider_grants.get(grant.id)
            if current is None or current.generation != grant.generation:
                return  # connected anew since: then the list may lack what has just been added
            for link in links:
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
    chosen, account = link.account.organisation, link.account
    found = next((one for one in listed if chosen is not None and one.id == chosen.id), None)
    if found is not None:
        account = attrs.evolve(account, organisation=found)  # its name and its handle may have changed
    is_reached = chosen is None or found is not None
    attention = link.attention
    if not is_reached and attention is None:
        attention = Attention.ORGANISATION_GONE
    elif is_reached and attention is Attention.ORGANISATION_GONE:
        attention = None
    return attrs.evolve(link, account=account, organisations=listed, attention=attention)
