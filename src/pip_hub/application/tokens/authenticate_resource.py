"""The step that every request of an MCP server begins with: which resource is this?"""

from __future__ import annotations

import attrs

from pip_hub.application.ports.unit_of_work import UnitOfWork
from pip_hub.domain.errors import InvalidClient
from pip_hub.domain.identifiers import ResourceId
from pip_hub.domain.resource import Resource
from pip_hub.domain.secret import Secret


@attrs.frozen(kw_only=True)
class ResourceCredentials:
    """What a request says about its resource."""

    resource_id: str | None
    secret: Secret | None


async def authenticate_resource(work: UnitOfWork, credentials: ResourceCredentials) -> Resource:
    """The resource.

    Raises:
        InvalidClient: unknown, or a wrong secret.
    """
    known = credentials.resource_id
    resource = await work.resources.get(ResourceId(known)) if known else None
    if resource is None or credentials.secret is None or not resource.knows(credentials.secret):
        raise InvalidClient(reason="unknown resource or wrong secret")
    return resource
