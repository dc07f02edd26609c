"""The storage, memory and their neighbours have the shape of the ports: read by mypy, never run."""

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.gateway import MemoryGateway
from pip_hub.adapters.memory.passwords import FewCommonPasswords, QuickPasswordHasher
from pip_hub.adapters.memory.secrets import CountedSecrets
from pip_hub.adapters.memory.unit_of_work import MemoryStorage, MemoryUnitOfWork
from pip_hub.adapters.memory.vault import MemoryVault
from pip_hub.adapters.sql.unit_of_work import SqlStorage, SqlUnitOfWork
from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.password_hasher import CommonPasswords, PasswordHasher
from pip_hub.application.ports.provider_gateway import ProviderGateway
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork, UnitOfWork
from pip_hub.application.ports.vault import Vault


def memory(storage: MemoryStorage, unit: MemoryUnitOfWork, clock: FrozenClock) -> None:
    _open: OpenUnitOfWork = storage.unit_of_work
    _unit: UnitOfWork = unit
    _clock: Clock = clock
    _secrets: SecretSource = CountedSecrets()
    _vault: Vault = MemoryVault()
    _hasher: PasswordHasher = QuickPasswordHasher()
    _common: CommonPasswords = FewCommonPasswords()
    _gateway: ProviderGateway = MemoryGateway(clock)


def sql(storage: SqlStorage, unit: SqlUnitOfWork) -> None:
    _open: OpenUnitOfWork = storage.unit_of_work
    _unit: UnitOfWork = unit
