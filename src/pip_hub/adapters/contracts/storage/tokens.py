"""The laws of authorization codes, access tokens and refresh tokens."""

from __future__ import annotations

import pytest

from pip_hub.adapters.contracts.samples import (
    NOW,
    a_code,
    a_digest,
    a_grant,
    a_refresh_token,
    a_user,
    an_access_token,
)
from pip_hub.adapters.contracts.storage.base import (
    LATER,
    MICROSECOND,
    StorageContract,
    given,
    only_winner,
    stored,
)
from pip_hub.adapters.contracts.storage.grants import of_another_grant
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.identifiers import FlowId


@pytest.mark.anyio
class AuthorizationCodesContract(StorageContract):
    async def test_a_code_is_found_by_its_flow(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_code(), *of_another_grant())
        async with unit_of_work() as work:
            assert await work.authorization_codes.of_flow(a_code().flow_id) == a_code()
            assert await work.authorization_codes.of_flow(FlowId("unknown")) is None

    async def test_a_flow_never_has_a_second_code(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_code())
        second = a_code(digest=a_digest("a second code"))
        refused = False
        try:
            await given(unit_of_work, second)
        except Exception:  # noqa: BLE001 - whichever exception the storage has for it
            refused = True
        assert refused
        assert await stored(unit_of_work, second) is None
        assert await stored(unit_of_work, a_code()) == a_code()

    async def test_a_redeemed_code_is_answered_without_its_sealed_copy(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_code(), *of_another_grant())
        redeemed = a_code(redeemed_at=LATER, sealed_code=None)
        async with unit_of_work() as work:
            assert await work.authorization_codes.redeem(a_code().digest, LATER) == redeemed
            await work.commit()
        assert await stored(unit_of_work, a_code()) == redeemed
        assert [await stored(unit_of_work, value) for value in of_another_grant()] == list(of_another_grant())

    async def test_a_code_is_redeemed_once(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_code())
        async with unit_of_work() as work:
            redeemed = await work.authorization_codes.redeem(a_code().digest, NOW)
            await work.commit()
        async with unit_of_work() as work:
            assert await work.authorization_codes.redeem(a_code().digest, LATER) is None
            await work.commit()
        assert await stored(unit_of_work, a_code()) == redeemed

    async def test_an_expired_code_is_not_redeemed(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_code())
        end = a_code().expires_at
        async with unit_of_work() as work:
            assert await work.authorization_codes.redeem(a_code().digest, end) is None
            assert await work.authorization_codes.get(a_code().digest) == a_code()
            assert await work.authorization_codes.redeem(a_code().digest, end - MICROSECOND) is not None

    async def test_an_unknown_code_is_not_redeemed(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_code())
        async with unit_of_work() as work:
            assert await work.authorization_codes.redeem(a_digest("an unknown code"), NOW) is None

    async def test_a_code_redeemed_in_vain_can_be_redeemed(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_code())
        for _ in range(2):
            async with unit_of_work() as work:
                assert await work.authorization_codes.redeem(a_code().digest, NOW) is not None

    async def test_of_many_who_redeem_a_code_exactly_one_does(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_code())
        redeemed = await only_winner(unit_of_work, lambda work: work.authorization_codes.redeem(a_code().digest, NOW))
        assert redeemed == a_code(redeemed_at=NOW, sealed_code=None)


@pytest.mark.anyio
class AccessTokensContract(StorageContract):
    async def test_revoking_ends_that_token_alone(self, unit_of_work: OpenUnitOfWork) -> None:
        other = an_access_token(digest=a_digest("another access token"))
        await given(unit_of_work, a_user(), a_grant(), an_access_token(), other, a_refresh_token())
        async with unit_of_work() as work:
            await work.access_tokens.revoke(an_access_token().digest, LATER)
            await work.commit()
        assert await stored(unit_of_work, an_access_token()) == an_access_token(revoked_at=LATER)
        for untouched in (other, a_refresh_token(), a_grant()):
            assert await stored(unit_of_work, untouched) == untouched

    async def test_revoking_again_changes_nothing(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), an_access_token(revoked_at=NOW))
        async with unit_of_work() as work:
            await work.access_tokens.revoke(an_access_token().digest, LATER)
            await work.access_tokens.revoke(a_digest("an unknown token"), LATER)
            await work.commit()
        assert await stored(unit_of_work, an_access_token()) == an_access_token(revoked_at=NOW)


@pytest.mark.anyio
class RefreshTokensContract(StorageContract):
    async def test_a_rotated_token_is_answered_and_kept_rotated(self, unit_of_work: OpenUnitOfWork) -> None:
        other = a_refresh_token(digest=a_digest("another refresh token"))
        await given(unit_of_work, a_user(), a_grant(), a_refresh_token(), other)
        rotated = a_refresh_token(rotated_at=LATER)
        async with unit_of_work() as work:
            assert await work.refresh_tokens.rotate(a_refresh_token().digest, LATER) == rotated
            await work.commit()
        assert await stored(unit_of_work, a_refresh_token()) == rotated
        assert await stored(unit_of_work, other) == other

    async def test_a_token_is_rotated_once(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_refresh_token())
        async with unit_of_work() as work:
            rotated = await work.refresh_tokens.rotate(a_refresh_token().digest, NOW)
            await work.commit()
        async with unit_of_work() as work:
            assert await work.refresh_tokens.rotate(a_refresh_token().digest, LATER) is None
            await work.commit()
        assert await stored(unit_of_work, a_refresh_token()) == rotated

    async def test_an_expired_token_is_not_rotated(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_refresh_token())
        end = a_refresh_token().expires_at
        async with unit_of_work() as work:
            assert await work.refresh_tokens.rotate(a_refresh_token().digest, end) is None
            assert await work.refresh_tokens.get(a_refresh_token().digest) == a_refresh_token()
            assert await work.refresh_tokens.rotate(a_refresh_token().digest, end - MICROSECOND) is not None

    async def test_an_unknown_token_is_not_rotated(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_refresh_token())
        async with unit_of_work() as work:
            assert await work.refresh_tokens.rotate(a_digest("an unknown token"), NOW) is None

    async def test_a_token_rotated_in_vain_can_be_rotated(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_refresh_token())
        for _ in range(2):
            async with unit_of_work() as work:
                assert await work.refresh_tokens.rotate(a_refresh_token().digest, NOW) is not None

    async def test_of_many_who_rotate_a_token_exactly_one_does(self, unit_of_work: OpenUnitOfWork) -> None:
        await given(unit_of_work, a_user(), a_grant(), a_refresh_token())
        rotated = await only_winner(
            unit_of_work, lambda work: work.refresh_tokens.rotate(a_refresh_token().digest, NOW)
        )
        assert rotated == a_refresh_token(rotated_at=NOW)
