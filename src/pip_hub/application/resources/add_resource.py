"""Register an MCP server."""

from __future__ import annotations

import attrs

from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.errors import ResourceRefused
from pip_hub.domain.identifiers import ResourceId
from pip_hub.domain.resource import Resource
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret, digest_of

DEFAULT_SCOPES = Scopes.of("mcp")


@attrs.frozen(kw_only=True)
class AddResourceCommand:
    """`scopes` is the space-separated list clients may ask for; empty means the one default scope."""

    uri: str
    name: str
    scopes: str = ""


@attrs.frozen(kw_only=True)
class ResourceAdded:
    """The resource and its secret, which can be shown this once only."""

    resource: Resource
    secret: Secret


@attrs.frozen(kw_only=True)
class AddResource:
    """Let tokens be issued for an MCP server, and give it credentials to introspect them.

    Raises:
        ResourceRefused: the URI is not one of a resource, a scope is malformed, or it is registered already.
    """

    unit_of_work: OpenUnitOfWork
    clock: Clock
    secrets: SecretSource

    async def __call__(self, command: AddResourceCommand) -> ResourceAdded:
        secret = self.secrets.secret()
        try:
            resource = Resource(
                id=ResourceId(self.secrets.identifier()),
                uri=command.uri,
                name=command.name,
                scopes=Scopes.parse(command.scopes) or DEFAULT_SCOPES,
                secret_digest=digest_of(secret),
                created_at=self.clock.now(),
            )
        except ValueError as problem:
            raise ResourceRefused(reason=str(problem)) from None
        async with self.unit_of_work() as work:
            if not await work.resources.add(resource):
                raise ResourceRefused(reason=f"{resource.uri} is registered already")
            await work.commit()
        return ResourceAdded(resource=resource, secret=secret)
