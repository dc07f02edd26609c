"""The contract of every storage: subclass it, provide the fixture `unit_of_work`, run pytest."""

from __future__ import annotations

from pip_hub.adapters.contracts.storage.accounts import NoticesContract, SessionsContract, UsersContract
from pip_hub.adapters.contracts.storage.clients import ClientsContract, ResourcesContract
from pip_hub.adapters.contracts.storage.connector_links import ConnectorLinksContract
from pip_hub.adapters.contracts.storage.flows import ConnectionAttemptsContract, FlowsContract
from pip_hub.adapters.contracts.storage.grants import GrantsContract
from pip_hub.adapters.contracts.storage.housekeeping import HousekeepingContract
from pip_hub.adapters.contracts.storage.provider_grants import ProviderGrantsContract, RevocationsContract
from pip_hub.adapters.contracts.storage.round_trips import RoundTripsContract
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
    RevocationsContract,
    GrantsContract,
    AuthorizationCodesContract,
    AccessTokensContract,
    RefreshTokensContract,
    HousekeepingContract,
):
    """All laws of the unit of work and its collections."""
