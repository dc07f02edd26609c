"""Providers that never come to an end, or say nothing a client could read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import attrs
import pytest
from anyio.abc import SocketStream

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.providers.credentials import ConnectorCredentials
from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.adapters.providers.http import Timeouts
from pip_hub.application.ports.provider_gateway import ProviderAnswer
from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.errors import ProviderMisbehaved, ProviderUnreachable
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.revocation import ForgetOutcome
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.support.loopback import listener, url_of
from tests.support.odd_provider import CLIENT_ID, CLIENT_SECRET, NONCE, OddProvider
from tests.support.raw_server import Talk, raw_server

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ANSWER = ProviderAnswer(
    code=Secret("the-code"),
    redirect_uri="https://hub.example/callback",
    verifier=Secret("the-verifier"),
    nonce=Secret(NONCE),
    level=Level.READ,
)


@asynccontextmanager
async def impatient_gateway(clock: FrozenClock, whole: float = 0.3) -> AsyncIterator[AuthlibGateway]:
    """A gateway that gives up soon, so that the tests need not wait long for it."""
    credentials = ConnectorCredentials(client_id=CLIENT_ID, client_secret=Secret(CLIENT_SECRET))
    gateway = AuthlibGateway(credentials={"odd": credentials}, clock=clock, timeouts=Timeouts(whole=whole))
    try:
        yield gateway
    finally:
        await gateway.aclose()


def spec_at(url: str, clock: FrozenClock) -> ConnectorSpec:
    return OddProvider(url, clock.now()).spec_with_organisations()


def some_tokens(clock: FrozenClock) -> ProviderTokens:
    return ProviderTokens(
        access=ProviderAccess(token=Secret("the-access-token"), expires_at=clock.now()),
        refresh=Secret("the-refresh-token"),
        granted=Scopes.of("openid"),
    )


async def say_nothing(stream: SocketStream) -> None:
    await stream.receive()
    await anyio.sleep_forever()


async def drip_headers(stream: SocketStream) -> None:
    await stream.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        await stream.send(b".")
        await anyio.sleep(0.01)


async def drip_body(stream: SocketStream) -> None:
    await stream.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while True:
        await stream.send(b"1\r\n \r\n")
        await anyio.sleep(0.01)


async def promise_forever(stream: SocketStream) -> None:
    while True:
        await stream.send(b"HTTP/1.1 102 Processing\r\n\r\n")
        await anyio.sleep(0.01)


async def pour_body(stream: SocketStream) -> None:
    await stream.send(HEAD + b"\r\n")
    while True:
        await stream.send(b" " * 65_536)


async def pour_headers(stream: SocketStream) -> None:
    await stream.send(HEAD)
    while True:
        await stream.send(b"X-More: " + b"x" * 1000 + b"\r\n")


async def hang_up(stream: SocketStream) -> None:
    await stream.receive()


async def hang_up_halfway(stream: SocketStream) -> None:
    await stream.receive()
    await stream.send(HEAD + b'Content-Length: 500\r\n\r\n{"access_token": "x"')


async def talk_gibberish(stream: SocketStream) -> None:
    await stream.receive()
    await stream.send(b"220 mail.example ESMTP\r\n")


@pytest.mark.parametrize("talk", [say_nothing, drip_headers, drip_body, promise_forever])
async def test_who_never_comes_to_an_end_is_unreachable(clock: FrozenClock, talk: Talk) -> None:
    async with raw_server(talk) as url, impatient_gateway(clock) as gateway:
        spec, tokens = spec_at(url, clock), some_tokens(clock)
        with pytest.raises(ProviderUnreachable):
            await gateway.exchange(spec, ANSWER)
        with pytest.raises(ProviderUnreachable):
            await gateway.revoke(spec, tokens)
        with pytest.raises(ProviderUnreachable):
            await gateway.remove_organisation(spec, tokens.access, "connection-1")
        with pytest.raises(ProviderUnreachable):
            await gateway.organisations(spec, tokens.access)
        with pytest.raises(ProviderUnreachable):
            await gateway.refresh(spec, tokens, None)


@pytest.mark.parametrize("talk", [hang_up, hang_up_halfway, talk_gibberish, pour_headers])
async def test_who_does_not_finish_an_answer_is_unreachable(
    clock: FrozenClock, gateway: AuthlibGateway, talk: Talk
) -> None:
    async with raw_server(talk) as url:
        with pytest.raises(ProviderUnreachable):
            await gateway.exchange(spec_at(url, clock), ANSWER)


async def test_a_body_without_end_is_cut_off(clock: FrozenClock, gateway: AuthlibGateway) -> None:
    async with raw_server(pour_body) as url:
        with pytest.raises(ProviderMisbehaved):
            await gateway.exchange(spec_at(url, clock), ANSWER)


async def test_nobody_at_the_address_is_unreachable(clock: FrozenClock, gateway: AuthlibGateway) -> None:
    with listener() as bound:
        url = url_of(bound)
    with pytest.raises(ProviderUnreachable):
        await gateway.exchange(spec_at(url, clock), ANSWER)


async def test_a_server_without_tls_is_unreachable_by_https(clock: FrozenClock, gateway: AuthlibGateway) -> None:
    async with raw_server(talk_gibberish) as url:
        spec = attrs.evolve(spec_at(url, clock), token_url=f"{url.replace('http:', 'https:')}/token")
        with pytest.raises(ProviderUnreachable):
            await gateway.exchange(spec, ANSWER)


async def test_one_silent_provider_does_not_hold_up_another(
    clock: FrozenClock, gateway: AuthlibGateway, provider: OddProvider
) -> None:
    async with raw_server(say_nothing) as url, anyio.create_task_group() as tasks:
        tasks.start_soon(gateway.exchange, spec_at(url, clock), ANSWER)
        assert await gateway.revoke(provider.spec(), some_tokens(clock)) is ForgetOutcome.REVOKED
        tasks.cancel_scope.cancel()


async def test_giving_up_leaves_the_gateway_usable(clock: FrozenClock, provider: OddProvider) -> None:
    async with raw_server(say_nothing) as url, impatient_gateway(clock, whole=1) as gateway:
        with pytest.raises(ProviderUnreachable):
            await gateway.exchange(spec_at(url, clock), ANSWER)
        assert await gateway.revoke(provider.spec(), some_tokens(clock)) is ForgetOutcome.REVOKED
