"""Failures: each carries facts, and none gives a secret away however it is printed."""

import logging

import attrs
import pytest

from pip_hub.domain import errors
from pip_hub.domain.errors import (
    AuthorizationRefused,
    InvalidAuthorizationRequest,
    InvalidGrant,
    NotSignedIn,
    PipHubError,
    ProviderTrouble,
    TokenRefused,
)
from pip_hub.domain.notice import FailureReason

# RFC 6749 4.1.2.1, 5.2; RFC 7591 3.2.2; RFC 8707 2; OpenID Connect Core 3.1.2.6.
OAUTH_WORDS = {
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unsupported_grant_type",
    "unsupported_response_type",
    "invalid_scope",
    "invalid_target",
    "invalid_redirect_uri",
    "invalid_client_metadata",
    "server_error",
    "temporarily_unavailable",
    "interaction_required",
}


def leaves(of: type[PipHubError]) -> list[type[PipHubError]]:
    below = [leaf for child in of.__subclasses__() for leaf in leaves(child)]
    return below or [of]


def test_every_error_of_the_module_hangs_on_the_one_root() -> None:
    defined = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)}

    assert defined
    assert all(issubclass(kind, PipHubError) for kind in defined)


@pytest.mark.parametrize("kind", leaves(TokenRefused) + leaves(AuthorizationRefused))
def test_every_refusal_of_an_oauth_request_has_a_word_that_clients_know(kind: type[PipHubError]) -> None:
    assert getattr(kind, "error", None) in OAUTH_WORDS


@pytest.mark.parametrize("kind", leaves(ProviderTrouble))
def test_every_provider_trouble_is_told_to_the_user_as_a_reason_of_its_own(kind: type[ProviderTrouble]) -> None:
    assert kind.failure in FailureReason
    assert [other for other in leaves(ProviderTrouble) if getattr(other, "failure", None) is kind.failure] == [kind]


def test_where_the_answer_goes_is_not_shown_since_it_carries_the_clients_state(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refused = InvalidAuthorizationRequest(reason="no PKCE", answer_url="https://client.example/?state=hush")

    logging.getLogger("test").error("refused: %s", refused, exc_info=refused)

    assert "hush" not in caplog.text
    assert "no PKCE" in caplog.text
    assert "hush" not in str(refused)


def test_an_error_prints_its_type_and_its_facts() -> None:
    assert str(InvalidGrant(reason="unknown code")) == "InvalidGrant(reason='unknown code')"
    assert str(NotSignedIn()) == "NotSignedIn()"


def test_the_facts_of_an_error_cannot_be_changed_under_way() -> None:
    refused = InvalidGrant(reason="unknown code")

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(refused, "reason", "something else")  # noqa: B010 - mypy knows that it is read-only
