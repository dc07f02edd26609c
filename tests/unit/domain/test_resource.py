"""Resources: one spelling each, their credentials, and what can be granted for them."""

import pytest

from pip_hub.domain.resource import canonical_resource
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret, digest_of
from tests.builders import a_resource


@pytest.mark.requirement("RFC 8707 2")
@pytest.mark.parametrize(
    ("spelling", "canonical"),
    [
        ("https://mcp.example/mcp", "https://mcp.example/mcp"),
        ("HTTPS://MCP.Example/mcp", "https://mcp.example/mcp"),
        ("https://mcp.example/", "https://mcp.example"),
        ("https://mcp.example", "https://mcp.example"),
        ("https://mcp.example/MCP/", "https://mcp.example/MCP/"),
        ("https://mcp.example:8443/mcp?tenant=A", "https://mcp.example:8443/mcp?tenant=A"),
        ("https://mcp.example/?tenant=A", "https://mcp.example/?tenant=A"),
        ("http://localhost:8402/mcp", "http://localhost:8402/mcp"),
    ],
)
def test_a_resource_has_one_spelling(spelling: str, canonical: str) -> None:
    assert canonical_resource(spelling) == canonical
    assert a_resource(uri=spelling).uri == canonical


@pytest.mark.requirement("RFC 8707 2")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "mcp.example/mcp",
        "/mcp",
        "https:///mcp",
        "urn:example:mcp",
        "ftp://mcp.example/",
        "https://mcp.example/mcp#fragment",
        "https://mcp.example/mcp#",
        "https://user@mcp.example/mcp",
        "https://mcp.example/a b",
        "https://mcp.example/\x00",
        "https://mcp.example/\n",
        "https://mcp.example/é",
        "https://[::1",
    ],
)
def test_what_is_no_resource_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"resource is an absolute|Invalid IPv6"):
        canonical_resource(text)


def test_a_resource_knows_its_own_secret_only() -> None:
    resource = a_resource(secret_digest=digest_of(Secret("right")))

    assert resource.knows(Secret("right"))
    assert not resource.knows(Secret("wrong"))


def test_asking_for_nothing_gets_everything_the_resource_offers() -> None:
    assert a_resource(scopes=Scopes.of("read", "tools")).scopes_for(Scopes()) == Scopes.of("read", "tools")


def test_asking_only_for_a_refresh_token_is_asking_for_nothing_in_particular() -> None:
    assert a_resource(scopes=Scopes.of("read")).scopes_for(Scopes.of("offline_access")) == Scopes.of("read")


@pytest.mark.requirement("RFC 6749 3.3")
def test_asking_for_more_than_there_is_gets_what_there_is_of_it() -> None:
    resource = a_resource(scopes=Scopes.of("read", "tools"))

    assert resource.scopes_for(Scopes.of("read", "openid", "offline_access")) == Scopes.of("read")


@pytest.mark.requirement("RFC 6749 3.3")
def test_asking_only_for_what_is_not_there_gets_nothing() -> None:
    assert a_resource(scopes=Scopes.of("read")).scopes_for(Scopes.of("openid")) is None
