"""Renewing tokens at a provider that may answer anything, over real sockets."""

from collections.abc import Mapping
from datetime import timedelta

import attrs
import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.domain.connector import TokenAuth
from pip_hub.domain.errors import (
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderRefusedScope,
    ProviderTrouble,
    ProviderUnreachable,
)
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.support.odd_provider import CLIENT_ID, CLIENT_SECRET, OddProvider, Reply, replying

pytestmark = pytest.mark.anyio

WIDE = Scopes.of("openid", "email", "things")
READING = Scopes.of("openid", "email", "things.read")
FRESH = {"access_token": "a-fresh-token", "refresh_token": None, "id_token": None}


@pytest.fixture
def tokens(clock: FrozenClock) -> ProviderTokens:
    """Those of a grant that may write, with a narrow one of earlier."""
    return ProviderTokens(
        access=ProviderAccess(token=Secret("the-access-token"), expires_at=clock.now()),
        narrow=ProviderAccess(token=Secret("the-narrow-token"), expires_at=clock.now()),
        refresh=Secret("the/refresh+token="),
        granted=WIDE,
    )


def fresh(clock: FrozenClock) -> ProviderAccess:
    return ProviderAccess(token=Secret("a-fresh-token"), expires_at=clock.now() + timedelta(seconds=1800))


@pytest.mark.requirement("RFC 6749 6")
async def test_a_refresh_sends_the_refresh_token_and_no_scope(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    await gateway.refresh(provider.spec(), tokens, None)
    (asked,) = provider.asked
    assert asked.form == {
        "grant_type": "refresh_token",
        "refresh_token": "the/refresh+token=",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }


async def test_a_refresh_authenticates_as_the_connector_says(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    await gateway.refresh(provider.spec(token_auth=TokenAuth.BASIC), tokens, None)
    (asked,) = provider.asked
    assert asked.headers["authorization"].startswith("Basic ")
    assert "client_secret" not in asked.form


async def test_what_a_refresh_leaves_out_stays_as_it_was(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens, clock: FrozenClock
) -> None:
    provider.token = {**FRESH, "scope": None}
    before = tokens.packed()
    renewed = await gateway.refresh(provider.spec(), tokens, None)
    assert renewed == attrs.evolve(tokens, access=fresh(clock))
    assert tokens.packed() == before


async def test_a_new_refresh_token_takes_the_place_of_the_old_one(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    provider.token = {**FRESH, "refresh_token": "the-next-one"}
    assert (await gateway.refresh(provider.spec(), tokens, None)).refresh == Secret("the-next-one")
    assert (await gateway.refresh(provider.spec(), tokens, READING)).refresh == Secret("the-next-one")


@pytest.mark.parametrize("scope", ["openid email things.read", "openid", "", "openid email things more"])
async def test_a_grant_that_became_another_is_told_as_it_is(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens, scope: str
) -> None:
    provider.token = {**FRESH, "scope": scope}
    assert (await gateway.refresh(provider.spec(), tokens, None)).granted == Scopes.parse(scope)


async def test_a_narrow_token_is_asked_for_by_its_scopes(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens, clock: FrozenClock
) -> None:
    provider.token = {**FRESH, "scope": "openid https://odd.example/email things.read"}
    renewed = await gateway.refresh(provider.spec(), tokens, READING)
    (asked,) = provider.asked
    assert asked.form["scope"] == "email openid things.read"
    assert renewed == attrs.evolve(tokens, narrow=fresh(clock))


@pytest.mark.requirement("RFC 6749 5.1")
async def test_an_answer_without_scope_is_as_narrow_as_was_asked(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens, clock: FrozenClock
) -> None:
    provider.token = {**FRESH, "scope": None}
    assert await gateway.refresh(provider.spec(), tokens, READING) == attrs.evolve(tokens, narrow=fresh(clock))


@pytest.mark.parametrize("scope", ["openid email things", "openid email things.read more", "things"])
async def test_a_narrow_token_that_is_wide_after_all_is_not_released(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens, scope: str
) -> None:
    provider.token = {**FRESH, "scope": scope}
    with pytest.raises(ProviderMisbehaved):
        await gateway.refresh(provider.spec(), tokens, READING)


async def test_a_narrow_token_wider_by_name_only_is_fine(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    provider.token = {**FRESH, "scope": "openid things things.read"}
    renewed = await gateway.refresh(provider.spec(), tokens, Scopes.of("openid", "things"))
    assert renewed.narrow is not None


@pytest.mark.requirement("RFC 6749 6")
async def test_a_narrow_token_is_never_asked_for_more_than_was_granted(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    provider.token = {**FRESH, "scope": "openid things.read"}
    await gateway.refresh(provider.spec(), attrs.evolve(tokens, granted=Scopes.of("openid", "things")), READING)
    assert provider.asked[0].form["scope"] == "openid things.read"


async def test_a_provider_that_cannot_narrow_is_told_to_the_operator(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens, caplog: pytest.LogCaptureFixture
) -> None:
    provider.replies["token"] = replying({"error": "invalid_scope"}, 400)
    with pytest.raises(ProviderMisconfigured):
        await gateway.refresh(provider.spec(), tokens, READING)
    (record,) = caplog.records
    assert "connector=odd phase=narrow status=400 error=invalid_scope" in record.getMessage()


async def test_without_a_refresh_token_there_is_nothing_to_renew(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    for narrow_to in (None, READING):
        with pytest.raises(ProviderRefused):
            await gateway.refresh(provider.spec(), attrs.evolve(tokens, refresh=None), narrow_to)
    assert provider.asked == []


NO_ANSWERS: Mapping[str, tuple[Reply, type[ProviderTrouble]]] = {
    "dead": (replying({"error": "invalid_grant"}, 400), ProviderRefused),
    "dead, said with 401": (replying({"error": "invalid_grant"}, 401), ProviderRefused),
    "dead, said by a server in trouble": (replying({"error": "invalid_grant"}, 503), ProviderUnreachable),
    "dead, said too fast": (replying({"error": "invalid_grant"}, 429), ProviderUnreachable),
    "dead, under a good status": (replying({"error": "invalid_grant"}), ProviderMisbehaved),
    "dead, beside a token": (
        replying({"error": "invalid_grant", "access_token": "x", "token_type": "Bearer"}),
        ProviderMisbehaved,
    ),
    "slow_down": (replying({"error": "slow_down"}, 400), ProviderUnreachable),
    "500": (replying("oops", 500), ProviderUnreachable),
    "502 with HTML": (replying("<h1>Bad gateway</h1>", 502), ProviderUnreachable),
    "invalid_client": (replying({"error": "invalid_client"}, 401), ProviderMisconfigured),
    "unauthorized_client": (replying({"error": "unauthorized_client"}, 400), ProviderMisconfigured),
    "invalid_scope": (replying({"error": "invalid_scope"}, 400), ProviderRefusedScope),
    "unsupported_grant_type": (replying({"error": "unsupported_grant_type"}, 400), ProviderMisconfigured),
    "an administrator's no": (replying({"error": "admin_policy_enforced"}, 400), ProviderMisconfigured),
    "400 without a word": (replying({"message": "no"}, 400), ProviderMisbehaved),
    "401 without a word": (replying("", 401), ProviderMisbehaved),
    "a word of its own": (replying({"error": "no_way"}, 400), ProviderMisbehaved),
    "nothing": (replying(""), ProviderMisbehaved),
    "an empty object": (replying({}), ProviderMisbehaved),
    "a list": (replying([{"access_token": "x", "token_type": "Bearer"}]), ProviderMisbehaved),
    "no token": (replying({"token_type": "Bearer", "expires_in": 1800}), ProviderMisbehaved),
    "no type": (replying({"access_token": "x", "expires_in": 1800}), ProviderMisbehaved),
    "an impossible refresh token": (
        replying({"access_token": "x", "token_type": "Bearer", "refresh_token": "two words"}),
        ProviderMisbehaved,
    ),
    "HTML": (replying("<h1>Welcome</h1>"), ProviderMisbehaved),
    "a redirect": (replying("", 307, headers={"Location": "/elsewhere"}), ProviderMisbehaved),
}


@pytest.mark.parametrize("narrow_to", [None, READING], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", NO_ANSWERS)
async def test_a_refresh_that_fails_has_a_name(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens, name: str, narrow_to: Scopes | None
) -> None:
    reply, trouble = NO_ANSWERS[name]
    provider.replies["token"] = reply
    with pytest.raises(ProviderTrouble) as caught:
        await gateway.refresh(provider.spec(), tokens, narrow_to)
    assert type(caught.value) is trouble
    assert [asked.path for asked in provider.asked] == ["/token"]


SENT = "Sun, 22 Nov 2026 10:00:00 GMT"


@pytest.mark.requirement("RFC 9110 10.2.3")
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "999999999999999999"}, 3600),
        ({"Retry-After": "9" * 5000}, None),
        ({"Retry-After": "Sun, 22 Nov 2026 10:00:30 GMT", "Date": SENT}, 30),
        ({"Retry-After": "Sunday, 22-Nov-26 10:00:30 GMT", "Date": SENT}, 30),
        ({"Retry-After": "Sun Nov 22 10:00:30 2026", "Date": SENT}, 30),
        ({"Retry-After": "Sun, 22 Nov 2026 09:00:00 GMT", "Date": SENT}, 0),
        ({"Retry-After": "Mon, 22 Nov 2027 10:00:00 GMT", "Date": SENT}, 3600),
        ({"Retry-After": "Sun, 22 Nov 2026 10:00:30 GMT", "Date": "yesterday"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1.5"}, None),
        ({"Retry-After": "\u0667".encode().decode("latin-1")}, None),
        ({"Retry-After": "soon", "Date": SENT}, None),
        ({"Retry-After": "Sun, 99 Nov 2026 10:00:30 GMT", "Date": SENT}, None),
        ({"Retry-After": "Sun, 22 Nov 99999 10:00:30 GMT", "Date": SENT}, None),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_busy_provider_says_when_to_come_back(
    gateway: AuthlibGateway,
    provider: OddProvider,
    tokens: ProviderTokens,
    headers: Mapping[str, str],
    seconds: int | None,
) -> None:
    for status in (429, 503):
        provider.replies["token"] = replying("later", status, headers)
        with pytest.raises(ProviderUnreachable) as caught:
            await gateway.refresh(provider.spec(), tokens, None)
        assert caught.value.retry_after == (None if seconds is None else timedelta(seconds=seconds))


async def test_every_call_hears_when_to_come_back(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    for endpoint in ("revoke", "organisation", "organisations"):
        provider.replies[endpoint] = replying("later", 503, {"Retry-After": "11"})
    spec = provider.spec_with_organisations()
    for call in (
        gateway.revoke(spec, tokens),
        gateway.organisations(spec, tokens.access),
        gateway.remove_organisation(spec, tokens.access, "connection-1"),
    ):
        with pytest.raises(ProviderUnreachable) as caught:
            await call
        assert caught.value.retry_after == timedelta(seconds=11)
