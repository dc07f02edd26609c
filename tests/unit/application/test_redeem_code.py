"""Redeeming a code: once, by whom it was made for, with the verifier behind its challenge."""

from datetime import timedelta
from typing import Any

import pytest

from pip_hub.application.clients.authenticate_client import ClientCredentials
from pip_hub.application.tokens.issue_tokens import TokensIssued
from pip_hub.domain.client import ClientAuthMethod
from pip_hub.domain.errors import InvalidClient, InvalidGrant, InvalidRequest, InvalidTarget, TokenRefused
from pip_hub.domain.identifiers import ClientId
from pip_hub.domain.secret import Secret, digest_of
from tests.builders import NOW, a_client
from tests.support.core import RESOURCE_URI, a_core, public
from tests.support.interruptions import Crash, InterruptedStorage, all_at_once, crash

pytestmark = pytest.mark.anyio

INSTANT = timedelta(microseconds=1)


@pytest.mark.requirement("RFC 6749 4.1.4")
async def test_a_code_buys_one_access_token_and_one_refresh_token() -> None:
    core = a_core()
    code = await core.a_code()
    core.wait(minutes=1)

    issued = await core.redeem(code)

    assert issued.access_token != issued.refresh_token
    assert issued.lifetime == timedelta(minutes=60)
    assert issued.scopes.format() == "mcp:tools"
    now = NOW + timedelta(minutes=1)
    (grant,) = core.tables.grants.values()
    (access,) = core.tables.access_tokens.values()
    (refresh,) = core.tables.refresh_tokens.values()
    assert (access.digest, access.grant_id) == (digest_of(issued.access_token), grant.id)
    assert (access.scopes, access.resource) == (grant.scopes, RESOURCE_URI)
    assert (access.created_at, access.expires_at) == (now, now + timedelta(minutes=60))
    assert (refresh.digest, refresh.grant_id) == (digest_of(issued.refresh_token), grant.id)
    assert (refresh.created_at, refresh.expires_at) == (now, now + timedelta(days=30))


async def test_the_access_token_works_at_once() -> None:
    core = a_core()

    issued = await core.redeem(await core.a_code())

    assert await core.introspect(issued.access_token) is not None


async def test_neither_token_is_kept_as_it_is() -> None:
    core = a_core()

    issued = await core.redeem(await core.a_code())

    for token in (issued.access_token, issued.refresh_token):
        assert token.reveal() not in str(core.tables)
        assert token.reveal() not in repr(issued)


async def test_the_sealed_copy_of_a_code_is_erased_when_it_is_redeemed() -> None:
    core = a_core()

    await core.redeem(await core.a_code())

    (code,) = core.tables.authorization_codes.values()
    assert (code.sealed_code, code.redeemed_at) == (None, NOW)


@pytest.mark.requirement("RFC 6749 4.1.2")
async def test_a_code_can_be_redeemed_until_exactly_the_moment_it_expires() -> None:
    core = a_core()
    in_time, too_late = await core.a_code(), await core.a_code()

    core.clock.advance(timedelta(minutes=10) - INSTANT)
    await core.redeem(in_time)
    core.clock.advance(INSTANT)
    with pytest.raises(InvalidGrant):
        await core.redeem(too_late)

    assert len(core.tables.access_tokens) == 1
    assert all(grant.is_live for grant in core.tables.grants.values())


@pytest.mark.requirement("RFC 6749 4.1.2")
@pytest.mark.requirement("RFC 9700 2.1.1")
async def test_a_code_that_comes_a_second_time_ends_everything_it_issued() -> None:
    core = a_core()
    code = await core.a_code()
    issued = await core.redeem(code)
    refreshed = await core.refresh(issued.refresh_token)

    with pytest.raises(InvalidGrant):
        await core.redeem(code)

    assert await core.introspect(issued.access_token) is None
    assert await core.introspect(refreshed.access_token) is None
    with pytest.raises(InvalidGrant):
        await core.refresh(refreshed.refresh_token)


@pytest.mark.requirement("RFC 6749 4.1.2")
async def test_a_replay_is_recognised_as_one_also_when_the_codes_time_is_up() -> None:
    core = a_core()
    code = await core.a_code()
    issued = await core.redeem(code)
    core.wait(minutes=10)

    with pytest.raises(InvalidGrant):
        await core.redeem(code)

    assert await core.introspect(issued.access_token) is None


async def test_a_replay_ends_no_other_grant_of_the_same_user_and_client() -> None:
    core = a_core()
    code = await core.a_code()
    await core.redeem(code)
    other = await core.tokens()

    with pytest.raises(InvalidGrant):
        await core.redeem(code)

    assert await core.introspect(other.access_token) is not None
    await core.refresh(other.refresh_token)


async def test_a_code_that_comes_a_third_time_changes_nothing_more() -> None:
    core = a_core()
    code = await core.a_code()
    await core.redeem(code)
    with pytest.raises(InvalidGrant):
        await core.redeem(code)
    core.wait(minutes=1)
    before = core.tables.copied()

    with pytest.raises(InvalidGrant):
        await core.redeem(code)

    assert core.tables == before


@pytest.mark.requirement("RFC 7636 4.6")
@pytest.mark.parametrize(
    ("overrides", "kind"),
    [
        ({"verifier": "another-verifier-of-the-forty-three-characters-it-needs"}, InvalidGrant),
        ({"verifier": "too short"}, InvalidGrant),
        ({"verifier": ""}, InvalidGrant),
        ({"verifier": None}, InvalidRequest),
        ({"redirect_uri": "https://client.example/other"}, InvalidGrant),
        ({"redirect_uri": "http://127.0.0.1/callback"}, InvalidGrant),
        ({"redirect_uri": ""}, InvalidGrant),
        ({"credentials": public("client-2")}, InvalidGrant),
        ({"credentials": public("nobody")}, InvalidClient),
        ({"credentials": public(None)}, InvalidClient),
        ({"resources": ("https://other.example/mcp",)}, InvalidTarget),
        ({"resources": (RESOURCE_URI, "https://other.example/mcp")}, InvalidTarget),
        ({"resources": ("not a uri",)}, InvalidTarget),
    ],
)
async def test_whatever_is_wrong_does_not_burn_the_code(overrides: dict[str, Any], kind: type[TokenRefused]) -> None:
    core = a_core()
    code = await core.a_code()
    before = core.tables.copied()

    with pytest.raises(kind):
        await core.redeem(code, **overrides)

    assert core.tables == before
    await core.redeem(code)


async def test_a_wrong_verifier_with_a_spent_code_does_not_end_the_grant() -> None:
    core = a_core()
    code = await core.a_code()
    issued = await core.redeem(code)

    with pytest.raises(InvalidGrant):
        await core.redeem(code, verifier="another-verifier-of-the-forty-three-characters-it-needs")

    assert await core.introspect(issued.access_token) is not None


@pytest.mark.requirement("OAuth 2.1 4.1.3")
@pytest.mark.requirement("RFC 8707 2.2")
@pytest.mark.parametrize(
    "overrides",
    [
        {"redirect_uri": None},
        {"resources": ()},
        {"resources": (RESOURCE_URI,)},
        {"resources": ("HTTPS://MCP.EXAMPLE/mcp", RESOURCE_URI)},
    ],
)
async def test_what_may_be_left_out_or_spelt_otherwise_may(overrides: dict[str, Any]) -> None:
    core = a_core()

    await core.redeem(await core.a_code(), **overrides)


@pytest.mark.parametrize("code", [None, Secret("made up"), Secret(""), Secret("\x00\ud800")])
async def test_a_code_that_does_not_exist_is_refused(code: Secret | None) -> None:
    core = a_core()

    with pytest.raises(InvalidRequest if code is None else InvalidGrant):
        await core.redeem(code)


async def test_a_code_of_a_revoked_grant_is_worth_nothing() -> None:
    core = a_core()
    code = await core.a_code()
    async with core.storage.unit_of_work() as work:
        await work.grants.revoke(next(iter(core.tables.grants)), NOW)
        await work.commit()

    with pytest.raises(InvalidGrant):
        await core.redeem(code)

    assert not core.tables.access_tokens


async def test_a_code_whose_grant_is_missing_is_worth_nothing() -> None:
    core = a_core()
    code = await core.a_code()
    core.tables.grants.clear()

    with pytest.raises(InvalidGrant):
        await core.redeem(code)


@pytest.mark.requirement("RFC 6749 3.2.1")
async def test_a_confidential_client_has_to_prove_itself_exactly_as_it_registered() -> None:
    core = a_core()
    core.tables.clients[ClientId("client-1")] = a_client(
        auth_method=ClientAuthMethod.BASIC, secret_digest=digest_of(Secret("right"))
    )
    code = await core.a_code()

    def credentials(secret: str | None, method: ClientAuthMethod) -> ClientCredentials:
        return ClientCredentials(
            client_id="client-1", secret=Secret(secret) if secret is not None else None, method=method
        )

    for wrong in (
        credentials(None, ClientAuthMethod.NONE),
        credentials("right", ClientAuthMethod.NONE),
        credentials("right", ClientAuthMethod.POST),
        credentials("wrong", ClientAuthMethod.BASIC),
        credentials("", ClientAuthMethod.BASIC),
        credentials(None, ClientAuthMethod.BASIC),
    ):
        with pytest.raises(InvalidClient):
            await core.redeem(code, credentials=wrong)

    await core.redeem(code, credentials=credentials("right", ClientAuthMethod.BASIC))


async def test_a_public_client_cannot_pretend_to_have_a_secret() -> None:
    core = a_core()
    pretending = ClientCredentials(client_id="client-1", secret=Secret("any"), method=ClientAuthMethod.POST)

    with pytest.raises(InvalidClient):
        await core.redeem(await core.a_code(), credentials=pretending)


async def test_the_client_is_proved_before_anything_else_is_looked_at() -> None:
    with pytest.raises(InvalidClient):
        await a_core().redeem(Secret("made up"), credentials=public("nobody"), verifier=None)


async def test_of_many_who_redeem_one_code_at_once_one_gets_tokens_and_the_replay_ends_them() -> None:
    core = a_core()
    code = await core.a_code()

    answers = await all_at_once(core.storage, *[lambda: core.redeem(code)] * 10)

    (issued,) = [answer for answer in answers if isinstance(answer, TokensIssued)]
    assert [type(answer) for answer in answers].count(InvalidGrant) == 9
    assert len(core.tables.access_tokens) == len(core.tables.refresh_tokens) == 1
    assert await core.introspect(issued.access_token) is None


async def test_the_loser_of_a_race_ends_what_the_winner_got() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    code = await core.a_code()
    storage.somebody_is_faster = True

    with pytest.raises(InvalidGrant):
        await core.redeem(code)

    (grant,) = core.tables.grants.values()
    assert not grant.is_live
    assert not core.tables.access_tokens


async def test_a_crash_before_the_commit_leaves_the_code_unspent() -> None:
    storage = InterruptedStorage()
    core = a_core(storage=storage)
    code = await core.a_code()
    storage.before_commit.then(crash)

    with pytest.raises(Crash):
        await core.redeem(code)

    assert not core.tables.access_tokens
    await core.redeem(code)
