"""Finding the way to the hub, as any MCP client must: 401, RFC 9728, RFC 8414, RFC 7591."""

import attrs
import httpx2
from mcp.client.auth.utils import (
    build_oauth_authorization_server_metadata_discovery_urls,
    extract_resource_metadata_from_www_auth,
    extract_scope_from_www_auth,
)
from mcp_types.version import LATEST_HANDSHAKE_VERSION

from pip_hub.entrypoints.demo.sample_store import AuthorizationServer, Registration
from pip_hub.entrypoints.demo.sample_trail import SampleTrouble, Trail, json_object, text

CLIENT_NAME = "Sample client"


@attrs.frozen(kw_only=True)
class Challenge:
    """What the MCP server's 401 said."""

    metadata_url: str
    scope: str | None


async def knock(trail: Trail, mcp_url: str) -> Challenge:
    """Call the MCP server without a token, to be told where to get one.

    Raises:
        SampleTrouble: the server is not there, or does not ask for a token.
    """
    response = await trail.send(
        "Call the MCP server without a token",
        "POST",
        mcp_url,
        headers={"Accept": "application/json, text/event-stream"},
        json={
            "jsonrpc": "2.0",
            "id": 0,
            "method": "initialize",
            "params": {
                "protocolVersion": LATEST_HANDSHAKE_VERSION,
                "capabilities": {},
                "clientInfo": {"name": CLIENT_NAME, "version": "1"},
            },
        },
    )
    metadata_url = extract_resource_metadata_from_www_auth(response)
    if response.status_code != httpx2.codes.UNAUTHORIZED or metadata_url is None:
        raise SampleTrouble("The MCP server did not ask for a token in the way RFC 9728 describes.")
    return Challenge(metadata_url=metadata_url, scope=extract_scope_from_www_auth(response))


async def find_issuer(trail: Trail, challenge: Challenge, mcp_url: str) -> str:
    """Read the resource's metadata and answer who issues tokens for it.

    Raises:
        SampleTrouble: there is none, or it belongs to another resource (RFC 9728 3.3).
    """
    response = await trail.send("Read the metadata of the MCP server", "GET", challenge.metadata_url)
    document = json_object(response)
    issuers = document.get("authorization_servers")
    if document.get("resource") != mcp_url:
        raise SampleTrouble("The metadata of the MCP server is about another server.")
    if not isinstance(issuers, list) or not issuers or not isinstance(issuers[0], str):
        raise SampleTrouble("The metadata of the MCP server names no hub.")
    return issuers[0]


async def find_server(trail: Trail, issuer: str, mcp_url: str) -> AuthorizationServer:
    """Read the hub's own metadata.

    Raises:
        SampleTrouble: there is none, it names another issuer (RFC 8414 3.3), or lacks what an MCP client needs.
    """
    for url in build_oauth_authorization_server_metadata_discovery_urls(issuer, mcp_url):
        response = await trail.send("Read the metadata of the hub", "GET", url)
        if response.status_code == httpx2.codes.OK:
            return _server(json_object(response), issuer)
    raise SampleTrouble("The hub publishes no metadata.")


def _server(document: dict[str, object], issuer: str) -> AuthorizationServer:
    if document.get("issuer") != issuer:
        raise SampleTrouble("The hub calls itself something else in its metadata than the MCP server calls it.")
    methods = document.get("code_challenge_methods_supported")
    if not isinstance(methods, list) or "S256" not in methods:
        raise SampleTrouble("The hub does not say that it supports PKCE with S256.")
    return AuthorizationServer(
        issuer=issuer,
        authorization_endpoint=_endpoint(document, "authorization_endpoint"),
        token_endpoint=_endpoint(document, "token_endpoint"),
        registration_endpoint=_endpoint(document, "registration_endpoint"),
        revocation_endpoint=text(document, "revocation_endpoint"),
        sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(document: dict[str, object], member: str) -> str:
    """A web address: whatever else stands there, the browser is not sent to it."""
    url = text(document, member)
    if url is None or not url.startswith(("https://", "http://")):
        raise SampleTrouble(f"The metadata of the hub has no usable {member}.")
    return url


async def register(trail: Trail, server: AuthorizationServer, *, redirect_uri: str, scope: str | None) -> Registration:
    """Become a public client of the hub.

    Raises:
        SampleTrouble: the hub refuses, or registers something this client can't be.
    """
    metadata: dict[str, object] = {
        "client_name": CLIENT_NAME,
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    }
    if scope is not None:
        metadata["scope"] = scope
    response = await trail.send("Register as a client", "POST", server.registration_endpoint, json=metadata)
    document = json_object(response)
    client_id = text(document, "client_id")
    if response.status_code not in {httpx2.codes.OK, httpx2.codes.CREATED} or client_id is None:
        raise SampleTrouble("The hub did not register this client.")
    if document.get("token_endpoint_auth_method", "none") != "none":
        raise SampleTrouble("The hub registered this client as one that keeps a secret, which it can't.")
    return Registration(issuer=server.issuer, redirect_uri=redirect_uri, client_id=client_id)
