"""Asking a provider to forget: the whole grant, or one organisation."""

from datetime import timedelta

import attrs
import pytest
from starlette.responses import RedirectResponse

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.domain.connector import TokenAuth
from pip_hub.domain.errors import (
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
)
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.revocation import ForgetOutcome
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.support.odd_provider import CLIENT_ID, CLIENT_SECRET, OddProvider, Reply, replying

pytestmark = pytest.mark.anyio


@pytest.fixture
def tokens(clock: FrozenClock) -> ProviderTokens:
    return ProviderTokens(
        access=ProviderAccess(token=Secret("the-access-token"), expires_at=clock.now() + timedelta(minutes=30)),
        refresh=Secret("the/refresh+token="),
        granted=Scopes.of("openid"),
    )


@pytest.mark.requirement("RFC 7009 2.1")
async def test_the_refresh_token_is_revoked_by_the_authenticated_client(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    assert await gateway.revoke(provider.spec(), tokens) is ForgetOutcome.REVOKED
    assert provider.asked[0].form == {
        "token": "the/refresh+token=",
        "token_type_hint": "refresh_token",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
    }


async def test_without_a_refresh_token_the_access_token_is_revoked(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    await gateway.revoke(provider.spec(token_auth=TokenAuth.BASIC), attrs.evolve(tokens, refresh=None))
    assert provider.asked[0].form == {"token": "the-access-token", "token_type_hint": "access_token"}
    assert provider.asked[0].headers["authorization"].startswith("Basic ")


@pytest.mark.requirement("RFC 7009 2.2")
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (replying("", 200), ForgetOutcome.REVOKED),
        (replying("<h1>Bye</h1>", 200), ForgetOutcome.REVOKED),
        (replying({"error": "invalid_token"}, 400), ForgetOutcome.ALREADY_GONE),
        (replying({"error": "invalid_grant"}, 400), ForgetOutcome.ALREADY_GONE),
    ],
    ids=["200", "200 with HTML", "invalid_token", "invalid_grant"],
)
async def test_the_answer_says_what_became_of_the_grant(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens, reply: Reply, outcome: ForgetOutcome
) -> None:
    provider.replies["revoke"] = reply
    assert await gateway.revoke(provider.spec(), tokens) is outcome


@pytest.mark.parametrize(
    ("reply", "trouble"),
    [
        (replying("", 503), ProviderUnreachable),
        (replying({"error": "invalid_token"}, 500), ProviderUnreachable),
        (replying({"error": "invalid_token"}, 429), ProviderUnreachable),
        (replying({"error": "invalid_client"}, 401), ProviderMisconfigured),
        (replying({"error": "invalid_client"}, 400), ProviderMisconfigured),
        (replying({"error": "unsupported_token_type"}, 400), ProviderMisconfigured),
        (replying("", 400), ProviderMisbehaved),
        (replying("<h1>No</h1>", 404), ProviderMisbehaved),
        (lambda: RedirectResponse("/elsewhere", 307), ProviderMisbehaved),
        (replying(b" " * 300_000), ProviderMisbehaved),
    ],
    ids=range(10),
)
async def test_a_grant_that_may_be_alive_is_never_called_gone(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens, reply: Reply, trouble: type[ProviderTrouble]
) -> None:
    provider.replies["revoke"] = reply
    with pytest.raises(ProviderTrouble) as caught:
        await gateway.revoke(provider.spec(), tokens)
    assert type(caught.value) is trouble
    assert provider.count("/elsewhere") == 0


async def test_a_connector_that_no_longer_says_how_is_misconfigured(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    with pytest.raises(ProviderMisconfigured):
        await gateway.revoke(provider.spec(revoke=None), tokens)
    with pytest.raises(ProviderMisconfigured):
        await gateway.remove_organisation(provider.spec(), tokens.access, "connection-1")
    assert provider.asked == []


async def test_one_organisation_is_removed_with_the_access_token(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    spec = provider.spec_with_organisations()
    assert await gateway.remove_organisation(spec, tokens.access, "connection-1") is ForgetOutcome.REVOKED
    (asked,) = provider.asked
    assert (asked.method, asked.path) == ("DELETE", "/organisations/connection-1")
    assert asked.headers["authorization"] == "Bearer the-access-token"


async def test_a_connection_id_cannot_lead_elsewhere(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    await gateway.remove_organisation(provider.spec_with_organisations(), tokens.access, "a/../b?c#d")
    assert provider.asked[0].path == "/organisations/a%2F..%2Fb%3Fc%23d"


async def test_an_organisation_that_is_not_there_is_already_gone(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    provider.replies["organisation"] = replying("", 404)
    spec = provider.spec_with_organisations()
    assert await gateway.remove_organisation(spec, tokens.access, "connection-1") is ForgetOutcome.ALREADY_GONE


async def test_an_access_token_that_is_dead_says_nothing_about_the_organisation(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens
) -> None:
    provider.replies["organisation"] = replying("", 401)
    with pytest.raises(ProviderRefused):
        await gateway.remove_organisation(provider.spec_with_organisations(), tokens.access, "connection-1")
    assert [asked.path for asked in provider.asked] == ["/organisations/connection-1"]


@pytest.mark.parametrize(
    ("status", "trouble"),
    [(500, ProviderUnreachable), (429, ProviderUnreachable), (403, ProviderMisbehaved), (301, ProviderMisbehaved)],
)
async def test_an_organisation_that_may_be_there_is_never_called_gone(
    gateway: AuthlibGateway, provider: OddProvider, tokens: ProviderTokens, status: int, trouble: type[ProviderTrouble]
) -> None:
    provider.replies["organisation"] = replying("no", status)
    with pytest.raises(ProviderTrouble) as caught:
        await gateway.remove_organisation(provider.spec_with_organisations(), tokens.access, "connection-1")
    assert type(caught.value) is trouble
