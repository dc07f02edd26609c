"""No command, result, entity or error shows a secret when it is printed: each is built with a marked one and shown."""

from __future__ import annotations

import enum
import importlib
import pkgutil
import types
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

import attrs
import pytest

import pip_hub.application
import pip_hub.domain
from pip_hub.application.connectors.send_to_provider import LeaveForProvider
from pip_hub.application.flows.answered import ReturnToClient
from pip_hub.application.flows.authorization_request import RawAuthorizationRequest
from pip_hub.application.tokens.redeem_code import RedeemCodeCommand
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.pkce import CodeChallenge, challenge_of
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.secret import Digest, Sealed, Secret
from pip_hub.domain.user import Email
from tests.builders import NOW, VERIFIER

MARK = "the-marked-secret"
HIDDEN_TEXTS = {"password", "password_hash", "verifier", "state", "answer_url", "way_back"}
"""Fields that hold a secret as bare text, whatever class has them."""
HIDDEN_URLS = {ReturnToClient, LeaveForProvider}
"""Classes whose `url` carries a code or a state."""

READY_MADE: dict[Any, Any] = {
    str: "https://text.example/",
    int: 1,
    bool: True,
    datetime: NOW,
    timedelta: timedelta(minutes=1),
    Secret: Secret(MARK),
    Digest: Digest("0" * 64),
    Sealed: Sealed("sealed"),
    Email: Email("user@example.com"),
    RedirectUri: RedirectUri("https://client.example/callback"),
    CodeChallenge: CodeChallenge(challenge_of(VERIFIER)),
    ConnectorCatalogue: ConnectorCatalogue(()),
}


def attrs_classes() -> Iterator[type]:
    for package in (pip_hub.domain, pip_hub.application):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(found.name)
            for kind in vars(module).values():
                if isinstance(kind, type) and kind.__module__ == module.__name__ and attrs.has(kind):
                    yield kind


def is_part(kind: type) -> bool:
    """Whether it is made of ports (a use case, or a step of one): such a part holds no data of anybody."""
    return any(
        getattr(hint, "_is_protocol", False) or get_origin(hint) is Callable or (attrs.has(hint) and is_part(hint))
        for hint in get_type_hints(kind).values()
        if not isinstance(hint, NewType)
    )


def specimen(hint: Any) -> Any:
    """A value of the type, with the marked secret wherever it can hold one."""
    if isinstance(hint, NewType):
        return specimen(hint.__supertype__)
    if hint in READY_MADE:
        return READY_MADE[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        return specimen(next(argument for argument in arguments if argument is not type(None)))
    if origin in {tuple, frozenset}:
        return origin([specimen(arguments[0])])
    if origin is Mapping:
        return {specimen(arguments[0]): specimen(arguments[1])}
    if issubclass(hint, enum.Enum):
        return next(iter(hint))
    return filled(hint)


def filled(kind: type) -> Any:
    hints = get_type_hints(kind)
    values = {}
    for field in attrs.fields(kind):
        is_secret = field.name in HIDDEN_TEXTS or (field.name == "url" and kind in HIDDEN_URLS)
        value = specimen(hints[field.name])
        values[field.alias] = MARK if is_secret and isinstance(value, str) else value
    return kind(**values)


VALUES = [kind for kind in attrs_classes() if kind not in READY_MADE and not is_part(kind)]


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_printing_a_value_shows_no_secret(kind: type) -> None:
    value = filled(kind)

    assert MARK not in repr(value)
    assert MARK not in str(value)


def test_the_values_include_those_that_do_hold_secrets() -> None:
    holders = {kind.__name__ for kind in VALUES if MARK in str(revealed(filled(kind)))}

    assert holders >= {
        *("Credentials", "Entrance", "SignInCommand", "SessionBegun", "Visitor", "StartFlowCommand", "FlowStarted"),
        *("RawAuthorizationRequest", "ReturnToClient", "AlreadyAnswered", "AuthorizationRequest", "McpFlow"),
        *("PackedTrip", "LeaveForProvider", "FinishConnectingCommand", "OutboundTrip", "ProviderAnswer"),
        *("ProviderConnection", "ProviderTokens", "RedeemCodeCommand", "RefreshTokensCommand", "TokensIssued"),
        *("RevokeTokenCommand", "IntrospectTokenCommand", "ClientRegistered", "ResourceAdded", "User"),
        *("ClientCredentials", "AuthorizationRefused"),
    }


def revealed(value: Any) -> Any:
    """The same value with every secret in plain sight."""
    if isinstance(value, Secret):
        return value.reveal()
    if attrs.has(type(value)):
        return {field.name: revealed(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if isinstance(value, tuple | frozenset):
        return [revealed(each) for each in value]
    return value


@pytest.mark.parametrize(
    ("kind", "field"), [(RedeemCodeCommand, "verifier"), (RawAuthorizationRequest, "state")], ids=str
)
def test_a_secret_that_is_bare_text_would_be_noticed(kind: type, field: str) -> None:
    shown = attrs.make_class("Shown", {field: attrs.field()})(MARK)

    assert MARK in repr(shown)
    assert MARK not in repr(filled(kind))
