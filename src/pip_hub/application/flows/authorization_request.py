"""Proving an authorization request, in the order that decides where an error may be answered."""

from __future__ import annotations

from typing import NoReturn

import attrs

from pip_hub.application.policy import Policy
from pip_hub.application.ports.unit_of_work import UnitOfWork
from pip_hub.domain.client import Client
from pip_hub.domain.errors import (
    AmbiguousRequest,
    AuthorizationRefused,
    InvalidAuthorizationRequest,
    ScopeNotOffered,
    UnknownClient,
    UnknownRedirectUri,
    UnknownResource,
    UnsupportedResponseType,
)
from pip_hub.domain.identifiers import ClientId
from pip_hub.domain.mcp_flow import AuthorizationRequest, answer_url
from pip_hub.domain.pkce import CodeChallenge
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.resource import Resource, canonical_resource
from pip_hub.domain.scope import Scopes

MAX_STATE_LENGTH = 4096


@attrs.frozen(kw_only=True)
class RawAuthorizationRequest:
    """The parameters as they came (RFC 6749 4.1.1, RFC 7636 4.3, RFC 8707 2.1); unknown ones are ignored.

    `repeated` names every known parameter that came more than once, `resource` excepted.
    """

    client_id: str | None = None
    redirect_uri: str | None = None
    response_type: str | None = None
    response_mode: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    scope: str | None = None
    state: str | None = attrs.field(default=None, repr=False)
    resources: tuple[str, ...] = ()
    repeated: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class ProvenRequest:
    """A request that may be answered, with who asks and what for."""

    client: Client
    resource: Resource
    request: AuthorizationRequest


async def prove(work: UnitOfWork, raw: RawAuthorizationRequest, policy: Policy) -> ProvenRequest:
    """Check the whole request; the client and its redirect URI first, since nothing may be sent there before.

    Raises:
        UntrustedRequest: client or redirect URI not proven; show a page.
        AuthorizationRefused: anything else; answer at the redirect URI.
    """
    client, redirect_uri = await _prove_way_back(work, raw)
    state = raw.state if _is_sendable_state(raw) else None

    def refuse(kind: type[AuthorizationRefused], description: str) -> NoReturn:
        url = answer_url(redirect_uri, state, policy.issuer, error=kind.error, error_description=description)
        raise kind(reason=description, answer_url=url)

    objection = _objection(raw)
    if objection is not None:
        refuse(*objection)
    resource = await _find_resource(work, raw.resources)
    if resource is None:
        refuse(UnknownResource, "resource is missing or not one this server issues tokens for")
    scopes = _scopes(raw.scope, resource)
    if scopes is None:
        refuse(ScopeNotOffered, "the resource offers none of the scopes asked for")
    return ProvenRequest(
        client=client,
        resource=resource,
        request=AuthorizationRequest(
            client_id=client.id,
            redirect_uri=redirect_uri,
            state=state,
            challenge=CodeChallenge(raw.code_challenge or ""),
            scopes=scopes,
            resource=resource.uri,
        ),
    )


def _objection(raw: RawAuthorizationRequest) -> tuple[type[AuthorizationRefused], str] | None:
    """The first thing wrong with the request's own words, before anything is looked up."""
    invalid = InvalidAuthorizationRequest
    if raw.repeated:
        return invalid, f"sent more than once: {', '.join(sorted(raw.repeated))}"
    if not _is_sendable_state(raw):
        return invalid, "state is too long or has control characters"
    if raw.response_type is None:
        return invalid, "response_type is missing"
    if raw.response_type != "code":
        return UnsupportedResponseType, "only response_type=code is supported"
    if raw.response_mode not in {None, "query"}:
        return invalid, "only response_mode=query is supported"
    if raw.code_challenge is None or raw.code_challenge_method != "S256":
        return invalid, "PKCE with code_challenge_method=S256 is required"
    if not CodeChallenge.is_well_formed(raw.code_challenge):
        return invalid, "code_challenge is not an S256 challenge"
    return None


async def _prove_way_back(work: UnitOfWork, raw: RawAuthorizationRequest) -> tuple[Client, RedirectUri]:
    if raw.repeated & {"client_id", "redirect_uri"}:
        raise AmbiguousRequest(reason="client_id or redirect_uri sent more than once")
    client = await work.clients.get(ClientId(raw.client_id)) if raw.client_id else None
    if client is None:
        raise UnknownClient(reason="no client with this client_id")
    redirect_uri = client.redirect_uri(raw.redirect_uri)
    if redirect_uri is None:
        raise UnknownRedirectUri(reason="redirect_uri is missing or not registered for this client")
    return client, redirect_uri


def _is_sendable_state(raw: RawAuthorizationRequest) -> bool:
    if raw.state is None:
        return True
    return "state" not in raw.repeated and len(raw.state) <= MAX_STATE_LENGTH and raw.state.isprintable()


async def _find_resource(work: UnitOfWork, indicated: tuple[str, ...]) -> Resource | None:
    """The one resource meant. Clients of the 2025-03-26 revision send none: right when only one is registered."""
    if not indicated:
        known = await work.resources.all()
        return known[0] if len(known) == 1 else None
    try:
        canonical = {canonical_resource(uri) for uri in indicated}
    except ValueError:
        return None
    return await work.resources.by_uri(canonical.pop()) if len(canonical) == 1 else None


def _scopes(requested: str | None, resource: Resource) -> Scopes | None:
    try:
        return resource.scopes_for(Scopes.parse(requested or ""))
    except ValueError:
        return None
