"""Revoking a token on its client's request."""

import pytest

from pip_hub.application.clients.authenticate_client import ClientCredentials
from pip_hub.application.tokens.revoke_token import RevokeTokenCommand
from pip_hub.domain.errors import InvalidClient, InvalidGrant, InvalidRequest
from pip_hub.domain.secret import Secret
from tests.support.core import Core, a_core, public

pytestmark = pytest.mark.anyio


async def revoke(core: Core, token: Secret | None, credentials: ClientCredentials | None = None) -> None:
    await core.uses.revoke_token()(RevokeTokenCommand(credentials=credentials or public(), token=token))


@pytest.mark.requirement("RFC 7009 2.1")
async def test_a_revoked_access_token_is_dead_at_once_and_alone() -> None:
    core = a_core()
    tokens = await core.tokens()
    other = await core.refresh(tokens.refresh_token)

    await revoke(core, tokens.access_token)

    assert await core.introspect(tokens.access_token) is None
    assert await core.introspect(other.access_token) is not None
    await core.refresh(other.refresh_token)


@pytest.mark.requirement("RFC 7009 2.1")
async def test_a_revoked_refresh_token_takes_its_whole_grant_with_it() -> None:
    core = a_core()
    first = await core.tokens()
    second = await core.refresh(first.refresh_token)

    await revoke(core, second.refresh_token)

    for tokens in (first, second):
        assert await core.introspect(tokens.access_token) is None
    with pytest.raises(InvalidGrant):
        await core.refresh(second.refresh_token)


async def test_another_grant_of_the_same_client_lives_on() -> None:
    core = a_core()
    mine, other = await core.tokens(), await core.tokens()

    await revoke(core, mine.refresh_token)

    assert await core.introspect(other.access_token) is not None


async def test_revoking_twice_is_harmless() -> None:
    core = a_core()
    tokens = await core.tokens()

    for token in (tokens.access_token, tokens.refresh_token):
        await revoke(core, token)
        core.wait(minutes=1)
        before = core.tables.copied()
        await revoke(core, token)
        assert core.tables == before


@pytest.mark.requirement("RFC 7009 2.2")
@pytest.mark.parametrize("token", ["made up", ""])
async def test_a_token_nobody_knows_changes_nothing_and_is_no_error(token: str) -> None:
    core = a_core()
    await core.tokens()
    before = core.tables.copied()

    await revoke(core, Secret(token))

    assert core.tables == before


@pytest.mark.requirement("RFC 7009 2.1")
async def test_another_clients_token_is_not_told_apart_and_lives_on() -> None:
    core = a_core()
    tokens = await core.tokens()

    await revoke(core, tokens.access_token, public("client-2"))
    await revoke(core, tokens.refresh_token, public("client-2"))

    assert await core.introspect(tokens.access_token) is not None
    await core.refresh(tokens.refresh_token)


async def test_a_token_whose_grant_is_missing_is_left_alone() -> None:
    core = a_core()
    tokens = await core.tokens()
    core.tables.grants.clear()

    await revoke(core, tokens.access_token)

    assert all(token.revoked_at is None for token in core.tables.access_tokens.values())


async def test_the_client_has_to_prove_itself_and_to_name_a_token() -> None:
    core = a_core()
    tokens = await core.tokens()

    with pytest.raises(InvalidClient):
        await revoke(core, tokens.access_token, public("nobody"))
    with pytest.raises(InvalidRequest):
        await revoke(core, None)

    assert await core.introspect(tokens.access_token) is not None
