"""The machine's own adapters keep the contracts."""

import argon2
import pytest

from pip_hub.adapters.contracts.machine import ClockContract, PasswordHasherContract, SecretSourceContract
from pip_hub.adapters.contracts.vault import VaultContract
from pip_hub.adapters.system.clock import SystemClock
from pip_hub.adapters.system.keys import new_key, parse_keys
from pip_hub.adapters.system.passwords import Argon2Hasher
from pip_hub.adapters.system.secrets import SystemSecrets
from pip_hub.adapters.system.vault import AesGcmVault
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.password_hasher import PasswordHasher
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.vault import Vault


class TestAesGcmVault(VaultContract):
    @pytest.fixture
    def vault(self) -> Vault:
        return AesGcmVault(parse_keys(new_key()))


class TestSystemClock(ClockContract):
    @pytest.fixture
    def clock(self) -> Clock:
        return SystemClock()


class TestSystemSecrets(SecretSourceContract):
    @pytest.fixture
    def secret_source(self) -> SecretSource:
        return SystemSecrets()


class TestArgon2Hasher(PasswordHasherContract):
    @pytest.fixture
    def password_hasher(self) -> PasswordHasher:
        return Argon2Hasher(argon2.profiles.CHEAPEST)
