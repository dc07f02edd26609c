"""The step that every token request begins with: which client is this?"""

from __future__ import annotations

import attrs

from pip_hub.application.ports.unit_of_work import UnitOfWork
from pip_hub.domain.client import Client, ClientAuthMethod
from pip_hub.domain.errors import InvalidClient
from pip_hub.domain.identifiers import ClientId
from pip_hub.domain.secret import Secret


@attrs.frozen(kw_only=True)
class ClientCredentials:
    """What a request says about its client, and in which way (RFC 6749 2.3.1)."""

    client_id: str | None
    secret: Secret | None
    method: ClientAuthMethod


async def authenticate_client(work: UnitOfWork, credentials: ClientCredentials) -> Client:
    """The client, authenticated exactly as it registered.

    Raises:
        InvalidClient: unknown, another method than the registered one, or a wrong secret.
    """
    client = await work.clients.get(ClientId(credentials.client_id)) if credentials.client_id else None
    if client is None:
        raise InvalidClient(reason="unknown client")
    if credentials.method is not client.auth_method:
        raise InvalidClient(reason=f"this client is registered for {client.auth_method}")
    if client.auth_method is not ClientAuthMethod.NONE and not (
        credentials.secret is not None and client.knows(credentials.secret)
    ):
        raise InvalidClient(reason="wrong client secret")
    return client
