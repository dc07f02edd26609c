"""Keep a provider's tokens fresh, one worker at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from pip_hub.application.connectors.mark_ended import MarkEnded
from pip_hub.application.connectors.note_organisations import NoteOrganisations
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.provider_gateway import ProviderGateway
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.connector import ConnectorCatalogue, ConnectorSpec
from pip_hub.domain.connector_link import Attention, ConnectorLink
from pip_hub.domain.errors import CannotOpen, GrantGone, ProviderRefused, ProviderTrouble, ProviderUnreachable
from pip_hub.domain.identifiers import ProviderGrantId, ProviderKey
from pip_hub.domain.provider_grant import EARLY, ProviderAccess, ProviderGrant, ProviderTokens
from pip_hub.domain.scope import Scopes

LEASE = timedelta(seconds=40)
"""Longer than the gateway ever takes. A worker that dies holding it delays the others until it runs out."""

_POLL = timedelta(milliseconds=100)
_POLLS = 60
"""Six seconds of waiting for another worker; then the caller is told to come back."""


@attrs.frozen(kw_only=True)
class Wanted:
    """Which tokens: those of a grant, narrowed to some scopes or not; and of a later generation, where one is named."""

    grant_id: ProviderGrantId
    narrow_to: Scopes | None = None
    newer_than: int | None = None


@attrs.frozen(kw_only=True)
class RefreshProviderTokens:
    """Answer a grant's tokens, renewed first if they are about to expire, and stored before anyone uses them.

    Of all workers in all processes one holds the lease and asks the provider; the others wait briefly and read its
    result. A refresh token is never given up for a failure that may pass: the same one is tried again, which is what
    providers with rotation allow for a while after a lost answer.

    Raises:
        GrantGone: there is no such grant any more.
        ProviderRefused: the refresh token is dead. Every link that hangs on it has been marked, once; and since mostly
            the whole account's grant is over then, the account's other tokens have been asked for too.
        ProviderUnreachable: the provider, or the worker that asks it, takes too long.
        ProviderMisconfigured, ProviderMisbehaved: see the types.
        CannotOpen: the stored tokens do not open.
    """

    unit_of_work: OpenUnitOfWork
    gateway: ProviderGateway
    vault: Vault
    clock: Clock
    catalogue: ConnectorCatalogue
    mark_ended: MarkEnded
    note_organisations: NoteOrganisations

    async def __call__(self, spec: ConnectorSpec, wanted: Wanted) -> ProviderTokens:
        stale: ProviderAccess | None = None
        for attempt in range(_POLLS):
            grant = await self._read(wanted.grant_id)
            tokens = ProviderTokens.unpack(await self.vault.open(grant.sealed_tokens, grant.vault_context))
            access = tokens.access if wanted.narrow_to is None else tokens.narrow
            stale = access if attempt == 0 else stale
            # What another worker has just got in place of the stale one is as fresh as this provider's tokens ever are.
            early = EARLY if access == stale else timedelta()
            if access is not None and self._is_fresh(grant, access, wanted, early):
                return tokens
            leased = await self._lease(grant)
            if leased is None:
                await self.clock.sleep(_POLL)
                continue
            renewed = await self._renew(spec, leased, tokens, wanted.narrow_to)
            if renewed is not None:
                return renewed
        raise ProviderUnreachable(reason="another worker is still renewing the tokens", retry_after=_POLL * _POLLS)

    async def _read(self, grant_id: ProviderGrantId) -> ProviderGrant:
        async with self.unit_of_work() as work:
            grant = await work.provider_grants.get(grant_id)
        if grant is None:
            raise GrantGone
        return grant

    def _is_fresh(self, grant: ProviderGrant, access: ProviderAccess, wanted: Wanted, early: timedelta) -> bool:
        is_new_enough = wanted.newer_than is None or grant.generation > wanted.newer_than
        return is_new_enough and self.clock.now() + early < access.expires_at

    async def _lease(self, grant: ProviderGrant) -> ProviderGrant | None:
        now = self.clock.now()
        _require_no_pause(grant, now)
        if grant.lease_until is not None and now < grant.lease_until:
            return None
        async with self.unit_of_work() as work:
            links = await work.connector_links.sharing(grant.provider, grant.subject)
            if _is_over(grant, links):
                raise ProviderRefused(reason="the grant has ended before")
            leased = await work.provider_grants.lease(grant.id, grant.generation, now, now + LEASE)
            await work.commit()
        return leased

    async def _renew(
        self, spec: ConnectorSpec, leased: ProviderGrant, tokens: ProviderTokens, narrow_to: Scopes | None
    ) -> ProviderTokens | None:
        """The renewed tokens, stored; None when somebody replaced the grant meanwhile, so that it has to be re-read."""
        try:
            renewed = await self.gateway.refresh(spec, tokens, narrow_to)
        except ProviderRefused:
            if not await self.mark_ended(leased):
                return None
            await self.check_account(leased.provider, leased.subject)
            raise
        except ProviderUnreachable as trouble:
            await self._end_lease(leased, trouble.retry_after)
            raise
        except ProviderTrouble:
            await self._end_lease(leased, None)
            raise
        sealed = await self.vault.seal(renewed.packed(), leased.vault_context)
        kept = leased.renewed(sealed, self.clock.now())
        async with self.unit_of_work() as work:
            if renewed.granted != tokens.granted:
                await _note_granted(work, kept, renewed.granted)
            is_kept = await work.provider_grants.replace(leased, kept)
            if is_kept:
                await work.commit()
        if not is_kept:
            return None
        await self.note_organisations(spec, kept, renewed)
        return renewed

    async def check_account(self, provider: ProviderKey, subject: str) -> None:
        """Find out which of an account's grants are still honoured, by renewing each; those that are not get marked.

        One dead token does not prove that all are: a provider drops single ones too (the oldest of too many).
        """
        async with self.unit_of_work() as work:
            links = await work.connector_links.sharing(provider, subject)
            hanging = {link.grant_id: link for link in links if link.attention is not Attention.GRANT_ENDED}
            grants = {grant_id: await work.provider_grants.get(grant_id) for grant_id in hanging}
        for grant_id, link in hanging.items():
            spec, grant = self.catalogue.get(link.connector), grants[grant_id]
            if spec is not None and grant is not None:
                with contextlib.suppress(GrantGone, CannotOpen, ProviderTrouble):
                    await self(spec, Wanted(grant_id=grant_id, newer_than=grant.generation))

    async def _end_lease(self, leased: ProviderGrant, pause: timedelta | None) -> None:
        """Where the provider said when to come back, nobody asks before: the lease runs on until then."""
        pause_until = self.clock.now() + pause if pause is not None else None
        async with self.unit_of_work() as work:
            await work.provider_grants.end_lease(leased, pause_until)
            await work.commit()


def _require_no_pause(grant: ProviderGrant, now: datetime) -> None:
    """A lease that runs longer than any worker's is a pause the provider asked for: waiting here would be in vain."""
    if grant.lease_until is not None and grant.lease_until - now > LEASE:
        raise ProviderUnreachable(reason="the provider asked for a pause", retry_after=grant.lease_until - now)


async def _note_granted(work: UnitOfWork, grant: ProviderGrant, granted: Scopes) -> None:
    """A provider may answer a refresh with fewer scopes than before; then the links are as limited as their tokens."""
    for link in await work.connector_links.sharing(grant.provider, grant.subject):
        if link.grant_id == grant.id:
            await work.connector_links.put(attrs.evolve(link, granted=granted))


def _is_over(grant: ProviderGrant, links: Sequence[ConnectorLink]) -> bool:
    """Whether its end has been told already: then asking again would not bring it back."""
    hanging_on_it = [link for link in links if link.grant_id == grant.id]
    return bool(hanging_on_it) and all(link.attention is Attention.GRANT_ENDED for link in hanging_on_it)
