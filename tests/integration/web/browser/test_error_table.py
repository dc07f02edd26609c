"""Every error of the core has a row, and a bug shows nothing of itself."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from pip_hub.adapters.web.errors import TABLE, ErrorAnswers, row_of
from pip_hub.adapters.web.messages import explain, refusal
from pip_hub.adapters.web.pages import Pages
from pip_hub.application.policy import Policy
from pip_hub.domain import errors
from pip_hub.domain.errors import PipHubError
from pip_hub.domain.identifiers import ConnectorKey, FlowId
from pip_hub.domain.release import Need
from tests.support.hub import ISSUER, MemoryHub


def leaves(kind: type[PipHubError]) -> Iterator[type[PipHubError]]:
    below = [each for each in kind.__subclasses__() if each.__module__ == errors.__name__]
    if not below:
        yield kind
    for each in below:
        yield from leaves(each)


LEAVES = sorted(set(leaves(PipHubError)), key=lambda kind: kind.__name__)


def raised(kind: type[PipHubError]) -> PipHubError:
    """One of this kind, with facts that must not be shown."""
    facts: dict[str, object] = {
        "reason": "the precise reason",
        "answer_url": "https://client.example/callback?error=invalid_request",
        "name": "Xero",
        "names": ("Xero", "Gmail"),
        "provider_name": "Google",
        "connector": ConnectorKey("xero"),
        "need": Need.NOT_CONNECTED,
        "retry_after": timedelta(seconds=5),
        "flow_id": FlowId("flow-1"),
    }
    wanted = [field.name for field in getattr(kind, "__attrs_attrs__", ())]
    return kind(**{name: facts[name] for name in wanted})


def a_request(path: str = "/integrations", accept: str = "text/html") -> Request:
    headers = [(b"accept", accept.encode())]
    return Request({"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": b""})


@pytest.fixture
def answers() -> ErrorAnswers:
    return ErrorAnswers(pages=Pages(Policy(issuer=ISSUER)), json_paths=frozenset({"/integrations/status"}))


def test_there_are_leaves_to_look_at() -> None:
    assert errors.FlowNotOpen in LEAVES
    assert errors.ProviderUnreachable in LEAVES
    assert errors.HubTrouble not in LEAVES


@pytest.mark.parametrize("kind", LEAVES)
def test_every_leaf_error_has_a_row(kind: type[PipHubError]) -> None:
    row = row_of(kind)
    assert row.status >= 300
    assert row.word.isidentifier()


def test_no_row_is_there_for_nothing() -> None:
    needed = {next(ancestor for ancestor in leaf.__mro__ if ancestor in TABLE) for leaf in LEAVES}
    assert needed == TABLE.keys()


def test_an_error_of_nobody_has_no_row() -> None:
    with pytest.raises(LookupError):
        row_of(KeyError)


@pytest.mark.anyio
@pytest.mark.parametrize("kind", LEAVES)
async def test_every_leaf_error_is_answered_with_its_status_and_without_its_reason(
    answers: ErrorAnswers, kind: type[PipHubError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="pip_hub.web")
    error = raised(kind)
    handlers = answers.handlers()
    handler = next(handlers[ancestor] for ancestor in kind.__mro__ if ancestor in handlers)
    response = await handler(a_request(), error)
    if not isinstance(error, errors.TokenRefused):
        assert response.status_code == row_of(kind).status
        assert "the precise reason" not in bytes(response.body).decode()
    if hasattr(error, "reason"):
        assert "the precise reason" in caplog.text


@pytest.mark.parametrize("kind", LEAVES)
def test_every_leaf_error_is_explained_in_whole_sentences(kind: type[PipHubError]) -> None:
    explanation = explain(raised(kind))
    assert explanation.title
    assert explanation.text.endswith(".")
    assert "{" not in explanation.text
    assert "precise reason" not in explanation.text


@pytest.mark.parametrize("kind", [*errors.SignInRefused.__subclasses__(), errors.ForgedForm])
def test_every_refusal_has_a_sentence_for_the_sign_in_page(kind: type[PipHubError]) -> None:
    assert refusal(kind()).endswith(".")


@pytest.mark.anyio
async def test_where_programs_call_errors_are_json(answers: ErrorAnswers) -> None:
    response = await answers.explain(a_request("/integrations/status"), errors.NotSignedIn())
    assert json.loads(bytes(response.body))["error"] == "not_signed_in"


@pytest.mark.anyio
async def test_each_handler_passes_on_what_it_is_not_for(answers: ErrorAnswers) -> None:
    with pytest.raises(KeyError):
        await answers.send_back(a_request(), KeyError("a bug"))
    with pytest.raises(KeyError):
        await answers.explain_status(a_request(), KeyError("a bug"))
    with pytest.raises(KeyError):
        await answers.handlers()[errors.TokenRefused](a_request(), KeyError("a bug"))


@pytest.mark.anyio
async def test_any_other_status_has_a_page_too(answers: ErrorAnswers) -> None:
    response = await answers.explain_status(a_request(), HTTPException(418))
    assert response.status_code == 418
    assert "That didn’t work" in bytes(response.body).decode()


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/integrations", "/integrations/status"])
async def test_a_bug_is_a_page_without_a_trace_of_itself(
    hub: MemoryHub, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise ZeroDivisionError("a secret in a message")

    browser = hub.browser()
    await browser.open("/integrations")
    await browser.register()
    hub.storage.tables = Broken()  # type: ignore[assignment]  # a bug, on purpose
    page = await browser.open(path)
    assert page.status == 500
    for trace in ("ZeroDivisionError", "Traceback", "a secret"):
        assert trace not in page.html
    assert ("Something went wrong" in page.text) == (path == "/integrations")
    assert browser.response.headers["cache-control"] == "no-store"
    assert browser.response.headers["x-content-type-options"] == "nosniff"
    assert "a secret" not in "".join(record.getMessage() for record in caplog.records)


@pytest.mark.anyio
async def test_a_line_break_in_a_path_does_not_make_a_log_line(
    hub: MemoryHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="pip_hub.web")
    await hub.browser().open("/nowhere%0AFAKE%20LINE")
    assert "\nFAKE" not in caplog.text
