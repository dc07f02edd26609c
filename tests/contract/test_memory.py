"""The in-memory adapters keep the contracts: a fake that does not would prove nothing."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pip_hub.adapters.contracts.machine import ClockContract, PasswordHasherContract, SecretSourceContract
from pip_hub.adapters.contracts.unit_of_work import UnitOfWorkContract
from pip_hub.adapters.contracts.vault import VaultContract
from pip_hub.adapters.memory.clock import START, FrozenClock
from pip_hub.adapters.memory.gateway import MemoryGateway, Removal
from pip_hub.adapters.memory.passwords import FewCommonPasswords, QuickPasswordHasher
from pip_hub.adapters.memory.secrets import CountedSecrets
from pip_hub.adapters.memory.unit_of_work import MemoryStorage
from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.password_hasher import PasswordHasher
from pip_hub.application.ports.provider_gateway import OutboundTrip, ProviderAnswer
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.errors import CannotOpen, ProviderRefused, ProviderUnreachable
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import ForgetOutcome
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.builders import a_client, a_connector, a_connector_with_organisations, an_account


class TestMemoryStorage(UnitOfWorkContract):
    @pytest.fixture
    def unit_of_work(self) -> OpenUnitOfWork:
        return MemoryStorage().unit_of_work


class TestMemoryVault(VaultContract):
    @pytest.fixture
    def vault(self) -> Vault:
        return MemoryVault()


class TestFrozenClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return FrozenClock()


class TestCountedSecrets(SecretSourceContract):
    @pytest.fixture
    def secret_source(self) -> SecretSource:
        return CountedSecrets()


class TestQuickPasswordHasher(PasswordHasherContract):
    @pytest.fixture
    def password_hasher(self) -> PasswordHasher:
        return QuickPasswordHasher()


def an_answer(level: Level = Level.READ) -> ProviderAnswer:
    return ProviderAnswer(
        code=Secret("code"),
        redirect_uri="https://hub.example/integrations/xero/callback",
        verifier=Secret("verifier"),
        nonce=Secret("nonce"),
        level=level,
    )


@pytest.mark.anyio
async def test_a_unit_that_was_left_answers_nothing_more() -> None:
    unit = MemoryStorage().unit_of_work()
    with pytest.raises(RuntimeError, match="not open"):
        await unit.commit()
    async with unit:
        await unit.clients.add(a_client())
    with pytest.raises(RuntimeError, match="not open"):
        await unit.clients.get(a_client().id)


@pytest.mark.anyio
async def test_providers_vault_and_hasher_fail_whoever_calls_them_inside_a_unit() -> None:
    gateway, vault, hasher = MemoryGateway(FrozenClock()), MemoryVault(), QuickPasswordHasher()
    sealed = await vault.seal(Secret("secret"), "context")
    tokens = (await gateway.exchange(a_connector(), an_answer())).tokens
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: gateway.exchange(a_connector(), an_answer()),
        lambda: gateway.revoke(a_connector(), tokens),
        lambda: gateway.remove_organisation(a_connector(), tokens, "connection-1"),
        lambda: vault.seal(Secret("secret"), "context"),
        lambda: vault.open(sealed, "context"),
        lambda: hasher.hash("password"),
        lambda: hasher.verify("password", None),
    ]
    async with MemoryStorage().unit_of_work():
        for call in calls:
            with pytest.raises(RuntimeError, match="inside a unit of work"):
                await call()
    for call in calls:
        await call()


def test_a_frozen_clock_moves_only_when_it_is_told_to() -> None:
    clock = FrozenClock()
    assert clock.now() == clock.now() == START
    assert clock.advance(timedelta(minutes=5)) == clock.now() == START + timedelta(minutes=5)


def test_a_frozen_clock_shows_utc_and_refuses_naive_time() -> None:
    noon = datetime(2026, 1, 1, 12, 0, tzinfo=timezone(timedelta(hours=11)))
    assert FrozenClock(noon).now().tzinfo is UTC
    assert FrozenClock(noon).now() == noon
    with pytest.raises(ValueError, match="aware"):
        FrozenClock(noon.replace(tzinfo=None))


@pytest.mark.anyio
async def test_another_vault_does_not_open_what_this_one_sealed() -> None:
    sealed = await MemoryVault().seal(Secret("secret"), "context")
    with pytest.raises(CannotOpen):
        await MemoryVault().open(sealed, "context")


def test_common_passwords_are_known_in_any_case() -> None:
    assert FewCommonPasswords().contains("PassWord")
    assert not FewCommonPasswords().contains("correct horse")
    assert FewCommonPasswords("letmein99").contains("LetMeIn99")


@pytest.mark.anyio
async def test_the_gateway_hands_out_queued_accounts_then_its_default() -> None:
    gateway = MemoryGateway(FrozenClock())
    gateway.hand_out(an_account(subject="queued"), granted=Scopes.of("openid"))
    spec = a_connector_with_organisations()

    queued = await gateway.exchange(spec, an_answer(Level.WRITE))
    assert (queued.account.subject, queued.tokens.granted) == ("queued", Scopes.of("openid"))
    default = await gateway.exchange(spec, an_answer(Level.WRITE))
    assert default.account.organisation is not None
    assert default.tokens.granted == spec.scopes.needed(Level.WRITE)
    assert default.tokens.access != queued.tokens.access
    assert len(gateway.answers) == 2


@pytest.mark.anyio
async def test_the_gateway_fails_as_scripted_and_then_goes_on() -> None:
    gateway = MemoryGateway(FrozenClock())
    gateway.fail_next("exchange", ProviderUnreachable(reason="down"), ProviderRefused(reason="used"))
    with pytest.raises(ProviderUnreachable):
        await gateway.exchange(a_connector(), an_answer())
    with pytest.raises(ProviderRefused):
        await gateway.exchange(a_connector(), an_answer())
    assert (await gateway.exchange(a_connector(), an_answer())).tokens.refresh is not None


@pytest.mark.anyio
async def test_the_gateway_keeps_what_it_was_asked_to_end() -> None:
    gateway = MemoryGateway(FrozenClock())
    spec = a_connector_with_organisations()
    tokens = (await gateway.exchange(spec, an_answer())).tokens
    assert await gateway.remove_organisation(spec, tokens, "connection-1") is ForgetOutcome.REVOKED
    assert await gateway.remove_organisation(spec, tokens, "connection-1") is ForgetOutcome.ALREADY_GONE
    assert await gateway.revoke(spec, tokens) is ForgetOutcome.REVOKED
    assert await gateway.revoke(spec, tokens) is ForgetOutcome.ALREADY_GONE
    assert gateway.revoked == [tokens, tokens]
    assert gateway.removed == [Removal(tokens, "connection-1")] * 2


def test_the_gateway_sends_the_browser_to_the_provider() -> None:
    gateway = MemoryGateway(FrozenClock())
    trip = OutboundTrip(
        redirect_uri="https://hub.example/callback",
        state=Secret("state"),
        verifier=Secret("verifier"),
        nonce=Secret("nonce"),
        level=Level.READ,
    )
    url = gateway.authorization_url(a_connector(), trip)
    assert url.startswith("https://provider.example/authorize?state=state&")
    assert gateway.trips == [trip]
