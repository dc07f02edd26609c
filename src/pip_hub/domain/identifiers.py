"""Names for the identifiers that travel through the core, so that one cannot be passed for another.

An identifier is never a credential: knowing one grants nothing (what grants is a `Secret`).
"""

from typing import NewType

UserId = NewType("UserId", str)
FlowId = NewType("FlowId", str)
ClientId = NewType("ClientId", str)
ResourceId = NewType("ResourceId", str)
GrantId = NewType("GrantId", str)
ConnectorKey = NewType("ConnectorKey", str)
ProviderKey = NewType("ProviderKey", str)
ProviderGrantId = NewType("ProviderGrantId", str)
RevocationId = NewType("RevocationId", str)
