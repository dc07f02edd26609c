"""The contract of every storage: subclass it, provide the fixture `unit_of_work`, run pytest."""

from __future__ import annotations

from pip_hub.adapters.contracts.storage.accounts import NoticesContract, SessionsContract, UsersContract
from pip_hub.adapters.contracts.storage.activity import ActivityContract
from pip_hub.adapters.contracts.storage.clients import ClientsContract, ResourcesContract
from pip_hub.adapters.contracts.storage.connector_links import ConnectorLinksContract
from pip_hub.adapters.contracts.storage.flows import ConnectionAttemptsContract, FlowsContract
from pip_hub.adapters.contracts.storage.grants import GrantsContract
from pip_hub.adapters.contracts.storage.housekeeping import HousekeepingContract
from pip_hub.adapters.contracts.storage.leases import LeasesContract
from pip_hub.adapters.contracts.storage.provider_grants import ProviderGrantsContract
from pip_hub.adapters.contracts.storage.revocations import RevocationsContract
from pip_hub.adapters.contracts.storage.round_trips import RoundTripsContract
from pip_hub.adapters.contracts.storage.sealed_secrets import SealedSecretsContract
from pip_hub.adapters.contracts.storage.shared_fate import SharedFateContract
from pip_hub.adapters.contracts.storage.tokens import (
    AccessTokensContract,
    AuthorizationCodesContract,
    RefreshTokensContract,
)
from pip_hub.adapters.contracts.storage.transactions import TransactionsContract


class UnitOfWorkContract(
    TransactionsContract,
    RoundTripsContract,
    ClientsContract,
    ResourcesContract,
    UsersContract,
    SessionsContract,
    NoticesContract,
    FlowsContract,
    ConnectionAttemptsContract,
    ConnectorLinksContract,
    ProviderGrantsContract,
    LeasesContract,
    SharedFateContract,
    RevocationsContract,
    ActivityContract,
    SealedSecretsContract,
    GrantsContract,
    AuthorizationCodesContract,
    AccessTokensContract,
    RefreshTokensContract,
    HousekeepingContract,
):
    """All laws of the unit of work and its collections."""
