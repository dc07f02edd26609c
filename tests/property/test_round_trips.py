"""Any value that the core can make is stored by both databases as it is."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from types import UnionType
from typing import Any, NewType, TypeVar, get_args, get_origin, get_type_hints

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pip_hub.adapters.contracts.storage.base import Entity, fetch, store
from pip_hub.adapters.sql.unit_of_work import SqlStorage
from pip_hub.domain.activity import ActivityEntry
from pip_hub.domain.authorization_code import AuthorizationCode
from pip_hub.domain.client import Client
from pip_hub.domain.connection_attempt import ConnectionAttempt
from pip_hub.domain.connector_link import ConnectorLink
from pip_hub.domain.grant import AccessToken, Grant, RefreshToken
from pip_hub.domain.mcp_flow import McpFlow
from pip_hub.domain.notice import Notice
from pip_hub.domain.pkce import CodeChallenge
from pip_hub.domain.provider_grant import ProviderGrant
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.resource import Resource
from pip_hub.domain.revocation import Revocation
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Digest, Sealed
from pip_hub.domain.session import Session
from pip_hub.domain.user import Email, User

T = TypeVar("T")

ANYTHING = st.characters(exclude_categories=())
"""Every code point there is, halves of surrogate pairs and NUL included."""

texts = st.text(ANYTHING, max_size=40)
times = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - Hypothesis adds the time zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.builds(timezone, st.timedeltas(timedelta(hours=-14), timedelta(hours=14))),
)
counts = st.integers(0, 2**31 - 1)
scope_tokens = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"\\'), min_size=1)
paths = st.text("abcdefghijklmnopqrstuvwxyz0123456789-._~/?=&%+", max_size=40)
redirect_uris = st.builds(
    lambda start, path: RedirectUri(start + path),
    st.sampled_from(
        ["https://client.example/", "http://127.0.0.1:8080/", "http://[::1]/", "cursor://", "com.example:/"]
    ),
    paths.map(lambda path: f"x{path}"),
)
NAMED: dict[Any, st.SearchStrategy[Any]] = {
    Digest: st.text("0123456789abcdef", min_size=64, max_size=64).map(Digest),
    Sealed: texts.map(Sealed),
    Scopes: st.frozensets(scope_tokens, max_size=4).map(Scopes),
    RedirectUri: redirect_uris,
    CodeChallenge: st.from_regex(r"\A[A-Za-z0-9_-]{43}\Z").map(CodeChallenge),
    Email: st.from_regex(r"\A[a-z0-9.+ü]{1,20}@[a-z0-9]{1,20}\.example\Z").map(Email),
    str: texts,
    int: counts,
    datetime: times,
}


def made(kind: type[T], **chosen: st.SearchStrategy[Any]) -> st.SearchStrategy[T]:
    """Values of the kind: each field is drawn by its type, except for the chosen ones."""
    return st.builds(kind, **({name: drawn(hint) for name, hint in get_type_hints(kind).items()} | chosen))


def drawn(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type that our entities have in a field."""
    if hint in NAMED:
        return NAMED[hint]
    if isinstance(hint, NewType):
        return drawn(hint.__supertype__)
    if get_origin(hint) is UnionType:
        return st.one_of([drawn(part) for part in get_args(hint)])
    if get_origin(hint) is tuple:
        return st.lists(drawn(get_args(hint)[0]), max_size=3).map(tuple)
    return made(hint) if attrs.has(hint) else st.from_type(hint)


ENTITIES: list[st.SearchStrategy[Entity]] = [
    made(Client),
    made(Resource, uri=paths.map(lambda path: f"https://mcp.example/x{path}")),
    made(User),
    made(Session),
    made(Notice),
    made(McpFlow),
    made(ConnectionAttempt),
    made(ConnectorLink),
    made(ProviderGrant),
    made(Revocation),
    made(ActivityEntry),
    made(Grant),
    made(AuthorizationCode),
    made(AccessToken),
    made(RefreshToken),
]


@pytest.fixture(params=["sqlite_url", "postgres_url"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def storage(database_url: str) -> AsyncIterator[SqlStorage]:
    storage = SqlStorage(database_url)
    yield storage
    await storage.dispose()


@pytest.mark.anyio
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(value=st.one_of(ENTITIES))
async def test_a_value_comes_back_as_it_was(storage: SqlStorage, value: Entity) -> None:
    async with storage.unit_of_work() as work:  # which is never committed, so the next example meets an empty storage
        await store(work, value)
        assert await fetch(work, value) == value
