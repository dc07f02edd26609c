"""No secret gets out through a log line or an exception, whatever a provider does with it."""

import itertools
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping

import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.application.ports.provider_gateway import ProviderAnswer
from pip_hub.domain.errors import ProviderTrouble
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.support.odd_provider import CLIENT_SECRET, OddProvider, Reply, replying

pytestmark = pytest.mark.anyio

CODE, VERIFIER, NONCE = "secretcode", "secret-verifier", "secret-nonce"
ACCESS, REFRESH = "secret-access", "secret-refresh"
SECRETS = (CODE, VERIFIER, NONCE, ACCESS, REFRESH, CLIENT_SECRET)
EVERYTHING = " ".join(SECRETS)

ECHOES: Mapping[str, Reply] = {
    "as the error": replying({"error": EVERYTHING, "error_description": EVERYTHING}, 400),
    "as a word": replying({"error": CODE}, 400),
    "as a page": replying(EVERYTHING, 500),
    "as a token": replying({"access_token": EVERYTHING, "token_type": "Bearer"}),
    "as a header": replying({"access_token": f"{ACCESS}\r\nX: y", "token_type": "Bearer"}),
    "as an ID token": replying(
        {
            "access_token": ACCESS,
            "token_type": "Bearer",
            "refresh_token": REFRESH,
            "id_token": EVERYTHING.replace(" ", "."),
        }
    ),
    "as a scope": replying({"access_token": ACCESS, "token_type": "Bearer", "scope": f'"{EVERYTHING}"'}),
    "as a status": replying("", 418, headers={"X-Everything": EVERYTHING, "Location": f"/{CODE}"}),
}


Act = Callable[[AuthlibGateway, OddProvider, FrozenClock], Awaitable[None]]


async def exchange(gateway: AuthlibGateway, provider: OddProvider, _clock: FrozenClock) -> None:
    answer = ProviderAnswer(
        code=Secret(CODE),
        redirect_uri="https://hub.example/callback",
        verifier=Secret(VERIFIER),
        nonce=Secret(NONCE),
        level=Level.READ,
    )
    await gateway.exchange(provider.spec(), answer)


def some_tokens(clock: FrozenClock) -> ProviderTokens:
    access = ProviderAccess(token=Secret(ACCESS), expires_at=clock.now())
    return ProviderTokens(access=access, refresh=Secret(REFRESH), granted=Scopes.of("openid"))


async def revoke(gateway: AuthlibGateway, provider: OddProvider, clock: FrozenClock) -> None:
    await gateway.revoke(provider.spec(), some_tokens(clock))


async def refresh(gateway: AuthlibGateway, provider: OddProvider, clock: FrozenClock) -> None:
    await gateway.refresh(provider.spec(), some_tokens(clock), None)


async def narrow(gateway: AuthlibGateway, provider: OddProvider, clock: FrozenClock) -> None:
    await gateway.refresh(provider.spec(), some_tokens(clock), Scopes.of("openid"))


async def organisations(gateway: AuthlibGateway, provider: OddProvider, clock: FrozenClock) -> None:
    await gateway.organisations(provider.spec_with_organisations(), some_tokens(clock).access)


async def remove(gateway: AuthlibGateway, provider: OddProvider, clock: FrozenClock) -> None:
    await gateway.remove_organisation(provider.spec_with_organisations(), some_tokens(clock).access, "connection-1")


@pytest.mark.parametrize(
    "case",
    list(itertools.product([exchange, refresh, narrow, organisations, revoke, remove], ECHOES)),
    ids=lambda case: f"{case[0].__name__} {case[1]}",
)
async def test_a_provider_that_echoes_secrets_does_not_get_them_logged(
    gateway: AuthlibGateway,
    provider: OddProvider,
    clock: FrozenClock,
    caplog: pytest.LogCaptureFixture,
    case: tuple[Act, str],
) -> None:
    act, echo = case
    caplog.set_level(logging.DEBUG)
    for endpoint in ("token", "revoke", "organisations", "organisation", "keys"):
        provider.replies[endpoint] = ECHOES[echo]
    try:
        await act(gateway, provider, clock)
    except ProviderTrouble as trouble:
        assert any(record.name == "pip_hub.providers" for record in caplog.records)
        told = "".join(traceback.format_exception(trouble)) + repr(trouble)
    else:
        told = ""
    for secret in SECRETS:
        assert secret not in told
        assert secret not in "\n".join(record.getMessage() for record in caplog.records if "pip_hub" in record.name)


async def test_a_failure_is_logged_with_what_the_operator_needs(
    gateway: AuthlibGateway, provider: OddProvider, clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    provider.replies["token"] = replying({"error": "invalid_client"}, 401)
    with pytest.raises(ProviderTrouble):
        await exchange(gateway, provider, clock)
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("pip_hub.providers", logging.ERROR)
    assert record.getMessage() == (
        "connector=odd phase=exchange status=401 error=invalid_client: the provider does not accept our registration"
    )
