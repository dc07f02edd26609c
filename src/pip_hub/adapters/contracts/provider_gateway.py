"""The contract of every provider gateway: subclass, provide the fixtures `world` and `spec`, run pytest.

Every gateway keeps `ProviderGatewayContract`. Which of the others apply is up to the connector in `spec`; derive from
all that do:

- `PartialGrantContract`: people may allow a part of what is asked;
- `RefreshingGatewayContract`: there are refresh tokens (`spec.refresh`);
- `RotatingGatewayContract`: each refresh brings a new one (`rotates`);
- `NarrowingGatewayContract`: a refresh may ask for fewer scopes (`narrows`);
- `OrganisationGatewayContract`: accounts reach several organisations (`spec.organisations`).
"""

from __future__ import annotations

from pip_hub.adapters.contracts.gateway.connecting import PartialGrantContract, ProviderGatewayContract
from pip_hub.adapters.contracts.gateway.organisations import OrganisationGatewayContract
from pip_hub.adapters.contracts.gateway.refreshing import (
    NarrowingGatewayContract,
    RefreshingGatewayContract,
    RotatingGatewayContract,
)
from pip_hub.adapters.contracts.gateway.world import (
    NOTHING,
    GatewayCall,
    ProviderWorld,
    a_trip,
    connect,
    organisation_of,
    remove,
)

__all__ = [
    "NOTHING",
    "GatewayCall",
    "NarrowingGatewayContract",
    "OrganisationGatewayContract",
    "PartialGrantContract",
    "ProviderGatewayContract",
    "ProviderWorld",
    "RefreshingGatewayContract",
    "RotatingGatewayContract",
    "a_trip",
    "connect",
    "organisation_of",
    "remove",
]
