"""The in-memory adapters keep the contracts: a fake that does not would prove nothing."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pip_hub.adapters.contracts.machine import ClockContract, PasswordHasherContract, SecretSourceContract
from pip_hub.adapters.contracts.unit_of_work import UnitOfWorkContract
from pip_hub.adapters.contracts.vault import VaultContract
from pip_hub.adapters.memory.clock import START, FrozenClock
from pip_hub.adapters.memory.gateway import MemoryGateway
from pip_hub.adapters.memory.passwords import FewCommonPasswords, QuickPasswordHasher
from pip_hub.adapters.memory.secrets import CountedSecrets
from pip_hub.adapters.memory.unit_of_work import MemoryStorage
from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.password_hasher import PasswordHasher
from pip_hub.application.ports.provider_gateway import ProviderAnswer
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.application.ports.vault import Vault
from pip_hub.domain.errors import CannotOpen
from pip_hub.domain.permission import Level
from pip_hub.domain.secret import Secret
from tests.builders import a_client, a_connector_with_organisations


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
async def test_providers_vault_hasher_and_clock_fail_whoever_calls_them_inside_a_unit() -> None:
    clock, vault, hasher = FrozenClock(), MemoryVault(), QuickPasswordHasher()
    gateway, spec = MemoryGateway(clock), a_connector_with_organisations()
    sealed = await vault.seal(Secret("secret"), "context")
    tokens = (await gateway.exchange(spec, an_answer())).tokens
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: gateway.exchange(spec, an_answer()),
        lambda: gateway.refresh(spec, tokens, None),
        lambda: gateway.organisations(spec, tokens.access),
        lambda: gateway.remove_organisation(spec, tokens.access, "connection-1"),
        lambda: gateway.revoke(spec, tokens),
        lambda: vault.seal(Secret("secret"), "context"),
        lambda: vault.open(sealed, "context"),
        lambda: hasher.hash("password"),
        lambda: hasher.verify("password", None),
        lambda: clock.sleep(timedelta(seconds=1)),
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


@pytest.mark.anyio
async def test_no_time_passes_while_somebody_sleeps_by_a_frozen_clock() -> None:
    clock = FrozenClock()
    await clock.sleep(timedelta(days=365))
    assert clock.now() == START


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


@pytest.mark.anyio
async def test_a_vault_with_a_new_key_opens_what_it_sealed_under_the_old() -> None:
    vault = MemoryVault()
    for _ in range(9):
        vault.change_key()
    old, old_mark = await vault.seal(Secret("secret"), "context"), vault.mark
    vault.change_key()
    new = await vault.seal(Secret("secret"), "context")
    assert old.value.startswith(old_mark)
    assert not old.value.startswith(vault.mark)
    assert not new.value.startswith(old_mark)
    assert await vault.open(old, "context") == await vault.open(new, "context") == Secret("secret")


def test_common_passwords_are_known_in_any_case() -> None:
    assert FewCommonPasswords().contains("PassWord")
    assert not FewCommonPasswords().contains("correct horse")
    assert FewCommonPasswords("letmein99").contains("LetMeIn99")
