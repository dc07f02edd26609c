"""Flows: open, then ended once; and the answer that goes back to the client."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from pip_hub.domain.identifiers import UserId
from pip_hub.domain.mcp_flow import FlowOutcome, answer_url
from pip_hub.domain.redirect_uri import RedirectUri
from tests.builders import NOW, a_closed_flow, a_digest, an_authorization_request, an_open_flow

ISSUER = "https://hub.example"


def test_a_flow_is_open_until_exactly_the_moment_it_expires() -> None:
    flow = an_open_flow(expires_at=NOW + timedelta(minutes=30))

    assert flow.is_open(NOW + timedelta(minutes=30) - timedelta(microseconds=1))
    assert not flow.is_open(NOW + timedelta(minutes=30))


@pytest.mark.parametrize("outcome", FlowOutcome)
def test_a_closed_flow_is_not_open_and_remembers_how_and_when_it_ended(outcome: FlowOutcome) -> None:
    closed = an_open_flow().closed(outcome, NOW)

    assert not closed.is_open(NOW)
    assert (closed.outcome, closed.closed_at) == (outcome, NOW)


def test_closing_makes_a_new_flow_and_leaves_the_old_value_alone() -> None:
    flow = an_open_flow()

    flow.closed(FlowOutcome.COMPLETED, NOW)

    assert flow.is_open(NOW)


def test_closing_changes_nothing_else() -> None:
    assert a_closed_flow().request == an_open_flow().request
    assert a_closed_flow().expires_at == an_open_flow().expires_at


def test_a_flow_belongs_to_its_user_in_its_browser() -> None:
    flow = an_open_flow(user_id=UserId("ann"), browser=a_digest("browser"))

    assert flow.belongs_to(UserId("ann"), a_digest("browser"))


def test_a_flow_belongs_to_no_other_user_and_to_no_other_browser() -> None:
    flow = an_open_flow(user_id=UserId("ann"), browser=a_digest("browser"))

    assert not flow.belongs_to(UserId("bob"), a_digest("browser"))
    assert not flow.belongs_to(UserId("ann"), a_digest("another browser"))
    assert not flow.belongs_to(UserId("ann"), None)


@pytest.mark.requirement("RFC 9207 2")
@pytest.mark.parametrize("parameters", [{"code": "abc"}, {"error": "access_denied"}], ids=["success", "error"])
def test_every_answer_names_its_issuer(parameters: dict[str, str]) -> None:
    url = an_authorization_request().answer_url(ISSUER, **parameters)

    assert parse_qs(urlsplit(url).query)["iss"] == [ISSUER]


@pytest.mark.requirement("RFC 6749 4.1.2")
def test_the_answer_brings_the_state_back_unchanged() -> None:
    request = an_authorization_request(state="a b&c=d%20/+é")

    assert parse_qs(urlsplit(request.answer_url(ISSUER, code="abc")).query) == {
        "code": ["abc"],
        "state": ["a b&c=d%20/+é"],
        "iss": [ISSUER],
    }


@pytest.mark.requirement("RFC 6749 4.1.2")
def test_a_state_that_was_never_sent_is_not_made_up() -> None:
    url = answer_url(RedirectUri("https://client.example/cb"), None, ISSUER, code="abc")

    assert parse_qs(urlsplit(url).query).keys() == {"code", "iss"}


@pytest.mark.requirement("RFC 6749 4.1.2")
def test_an_empty_state_is_a_state() -> None:
    url = answer_url(RedirectUri("https://client.example/cb"), "", ISSUER, code="abc")

    assert parse_qs(urlsplit(url).query, keep_blank_values=True)["state"] == [""]
