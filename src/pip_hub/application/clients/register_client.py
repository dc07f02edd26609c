"""Dynamic client registration (RFC 7591)."""

from __future__ import annotations

import attrs

from pip_hub.application.ports.clock import Clock
from pip_hub.application.ports.secret_source import SecretSource
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.client import Client, ClientAuthMethod, display_name, is_web_page
from pip_hub.domain.errors import InvalidClientMetadata, InvalidRedirectUri
from pip_hub.domain.identifiers import ClientId
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.secret import Secret, digest_of

MAX_REDIRECT_URIS = 20

GRANT_TYPES = ("authorization_code", "refresh_token")


@attrs.frozen(kw_only=True)
class RegisterClientCommand:
    """The metadata this server acts on (RFC 7591 section 2); the rest is ignored, as the RFC asks.

    `scope` is ignored on purpose: a client registers with the scope of its first challenge, and holding it to that
    would make asking for more impossible.
    """

    redirect_uris: tuple[str, ...]
    auth_method: str | None = None
    name: str | None = None
    client_uri: str | None = None
    grant_types: tuple[str, ...] | None = None
    response_types: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class ClientRegistered:
    """The client, and its secret if it authenticates with one; it can be shown this once only."""

    client: Client
    secret: Secret | None


@attrs.frozen(kw_only=True)
class RegisterClient:
    """Register an MCP client that nobody vouches for; the hub page will show where its answers go.

    Raises:
        InvalidRedirectUri: none, too many, or one that may not be used.
        InvalidClientMetadata: a grant, response type or authentication method that is not offered.
    """

    unit_of_work: OpenUnitOfWork
    clock: Clock
    secrets: SecretSource

    async def __call__(self, command: RegisterClientCommand) -> ClientRegistered:
        redirect_uris = _redirect_uris(command)
        auth_method = _auth_method(command)
        _check_types(command)
        secret = None if auth_method is ClientAuthMethod.NONE else self.secrets.secret()
        client = Client(
            id=ClientId(self.secrets.identifier()),
            name=display_name(command.name, redirect_uris[0]),
            redirect_uris=redirect_uris,
            auth_method=auth_method,
            secret_digest=digest_of(secret) if secret is not None else None,
            client_uri=command.client_uri if command.client_uri and is_web_page(command.client_uri) else None,
            created_at=self.clock.now(),
        )
        async with self.unit_of_work() as work:
            await work.clients.add(client)
            await work.commit()
        return ClientRegistered(client=client, secret=secret)


def _redirect_uris(command: RegisterClientCommand) -> tuple[RedirectUri, ...]:
    if not 1 <= len(command.redirect_uris) <= MAX_REDIRECT_URIS:
        raise InvalidRedirectUri(reason=f"between 1 and {MAX_REDIRECT_URIS} redirect_uris are needed")
    try:
        return tuple(RedirectUri(uri) for uri in command.redirect_uris)
    except ValueError as problem:
        raise InvalidRedirectUri(reason=str(problem)) from None


def _auth_method(command: RegisterClientCommand) -> ClientAuthMethod:
    # RFC 7591 section 2: a client that names no method means client_secret_basic.
    try:
        return ClientAuthMethod(command.auth_method or ClientAuthMethod.BASIC)
    except ValueError:
        offered = ", ".join(ClientAuthMethod)
        raise InvalidClientMetadata(reason=f"token_endpoint_auth_method must be one of: {offered}") from None


def _check_types(command: RegisterClientCommand) -> None:
    # RFC 7591 section 2.1: what is left out means authorization_code and code.
    if "authorization_code" not in (command.grant_types or GRANT_TYPES):
        raise InvalidClientMetadata(reason="grant_types must include authorization_code")
    if "code" not in (command.response_types or ("code",)):
        raise InvalidClientMetadata(reason="response_types must include code")
