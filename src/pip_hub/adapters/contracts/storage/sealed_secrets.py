"""The laws of the sealed columns as one list: every secret is found once, and replaced only while it is the same."""

from __future__ import annotations

import pytest

from pip_hub.adapters.contracts.samples import (
    a_code,
    a_digest,
    a_grant,
    a_provider_grant,
    a_revocation,
    a_user,
    an_attempt,
)
from pip_hub.adapters.contracts.storage.base import LATER, Entity, StorageContract, at_once, given, stored
from pip_hub.application.ports.sealed_secrets import SealedIn, SealedRow
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.identifiers import FlowId, ProviderGrantId, RevocationId
from pip_hub.domain.secret import Sealed

MARK = "v1.a_b%."
"""With what looks like a pattern, and is none."""
OWNERS: tuple[Entity, ...] = (a_user(), a_grant())
NAMES = ("one", "two", "three", "four", "five")

each_place = pytest.mark.parametrize("place", SealedIn)


def sealed_as(place: SealedIn, name: str, sealed: str | None) -> Entity:
    """Something with a sealed secret in this collection, told apart by `name`."""
    secret = Sealed(sealed) if sealed is not None else None
    match place:
        case SealedIn.CONNECTION_ATTEMPTS:
            return an_attempt(state_digest=a_digest(name), sealed_trip=secret)
        case SealedIn.AUTHORIZATION_CODES:
            return a_code(digest=a_digest(name), flow_id=FlowId(name), sealed_code=secret)
        case SealedIn.PROVIDER_GRANTS:
            return a_provider_grant(id=ProviderGrantId(name), sealed_tokens=secret, generation=3)
        case SealedIn.REVOCATIONS:
            return a_revocation(
                id=RevocationId(name), grant_id=ProviderGrantId(f"grant of {name}"), sealed_tokens=secret
            )


def row_of(place: SealedIn, name: str, sealed: str) -> SealedRow:
    """How that is listed."""
    is_digest = place in {SealedIn.CONNECTION_ATTEMPTS, SealedIn.AUTHORIZATION_CODES}
    key = a_digest(name).value if is_digest else name
    bound_to = f"grant of {name}" if place is SealedIn.REVOCATIONS else key
    return SealedRow(place=place, key=key, bound_to=bound_to, sealed=Sealed(sealed))


@pytest.mark.anyio
class SealedSecretsContract(StorageContract):
    @each_place
    async def test_what_is_sealed_without_the_mark_is_listed_by_key_in_pages(
        self, unit_of_work: OpenUnitOfWork, place: SealedIn
    ) -> None:
        await given(unit_of_work, *OWNERS, *(sealed_as(place, name, f"v1.old.{name}") for name in NAMES))
        rows = sorted((row_of(place, name, f"v1.old.{name}") for name in NAMES), key=lambda row: row.key)
        async with unit_of_work() as work:
            listed = work.sealed_secrets.without_mark
            assert list(await listed(place, MARK, after="", limit=10)) == rows
            assert list(await listed(place, MARK, after="", limit=2)) == rows[:2]
            assert list(await listed(place, MARK, after=rows[1].key, limit=2)) == rows[2:4]
            assert list(await listed(place, MARK, after=rows[3].key, limit=2)) == rows[4:]
            assert await listed(place, MARK, after=rows[4].key, limit=2) == ()

    @each_place
    async def test_a_mark_is_no_pattern_and_tells_cases_apart(
        self, unit_of_work: OpenUnitOfWork, place: SealedIn
    ) -> None:
        marked = {"one": f"{MARK}sealed", "two": MARK}
        unmarked = {"three": "v1.aXb%.sealed", "four": "v1.A_B%.sealed", "five": f"x{MARK}sealed", "six": MARK[:-1]}
        sealed = marked | unmarked
        await given(unit_of_work, *OWNERS, *(sealed_as(place, name, text) for name, text in sealed.items()))
        async with unit_of_work() as work:
            found = await work.sealed_secrets.without_mark(place, MARK, after="", limit=10)
        assert {row.sealed.value for row in found} == set(unmarked.values())

    @pytest.mark.parametrize("place", [SealedIn.AUTHORIZATION_CODES, SealedIn.REVOCATIONS])
    async def test_where_nothing_is_sealed_nothing_is_listed(
        self, unit_of_work: OpenUnitOfWork, place: SealedIn
    ) -> None:
        await given(unit_of_work, *OWNERS, sealed_as(place, "one", None))
        async with unit_of_work() as work:
            assert await work.sealed_secrets.without_mark(place, MARK, after="", limit=10) == ()

    @each_place
    async def test_a_secret_sealed_anew_replaces_the_old_and_changes_nothing_else(
        self, unit_of_work: OpenUnitOfWork, place: SealedIn
    ) -> None:
        await given(unit_of_work, *OWNERS, sealed_as(place, "one", "old"), sealed_as(place, "two", "old"))
        async with unit_of_work() as work:
            assert await work.sealed_secrets.replace(row_of(place, "one", "old"), Sealed("new")) is True
            await work.commit()
        for value in (sealed_as(place, "one", "new"), sealed_as(place, "two", "old")):
            assert await stored(unit_of_work, value) == value

    @each_place
    async def test_a_secret_that_has_changed_or_gone_is_left_alone(
        self, unit_of_work: OpenUnitOfWork, place: SealedIn
    ) -> None:
        await given(unit_of_work, *OWNERS, sealed_as(place, "one", "renewed"))
        async with unit_of_work() as work:
            for row in (row_of(place, "one", "old"), row_of(place, "two", "renewed")):
                assert await work.sealed_secrets.replace(row, Sealed("new")) is False
            await work.commit()
        assert await stored(unit_of_work, sealed_as(place, "one", "old")) == sealed_as(place, "one", "renewed")

    async def test_renewing_and_sealing_anew_at_once_never_brings_old_tokens_back(
        self, unit_of_work: OpenUnitOfWork
    ) -> None:
        leased = a_provider_grant(sealed_tokens=Sealed("old"), lease_until=LATER)
        renewed = leased.renewed(Sealed("renewed"), LATER)
        row = SealedRow(place=SealedIn.PROVIDER_GRANTS, key=leased.id, bound_to=leased.id, sealed=leased.sealed_tokens)
        await given(unit_of_work, leased)

        async def renew() -> bool:
            async with unit_of_work() as work:
                done = await work.provider_grants.replace(leased, renewed)
                await work.commit()
                return done

        async def seal_anew() -> bool:
            async with unit_of_work() as work:
                done = await work.sealed_secrets.replace(row, Sealed("old, sealed anew"))
                await work.commit()
                return done

        await at_once([seal_anew, renew, seal_anew])
        assert await stored(unit_of_work, leased) == renewed
