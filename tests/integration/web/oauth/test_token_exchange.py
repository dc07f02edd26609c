"""Token exchange (RFC 8693): what an MCP server gets for the token it was given, and what it is told instead."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

from pip_hub.domain.connector_link import Attention, Organisation, ProviderAccount
from pip_hub.domain.errors import (
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderTrouble,
    ProviderUnreachable,
    StorageUnavailable,
)
from pip_hub.domain.permission import Level
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Sealed
from tests.integration.web.oauth.exchange import AS_OTHER_RESOURCE, OTHER_RESOURCE, Exchange, an_exchange
from tests.integration.web.oauth.oauth_hub import RESOURCE_SECRET, basic
from tests.support.hub import ISSUER

pytestmark = pytest.mark.anyio

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    """Xero and Gmail, both for reading."""
    async with an_exchange("xero", "gmail") as exchange:
        yield exchange


@pytest.mark.requirement("RFC 8693 2.2.1")
async def test_an_mcp_server_gets_a_connector_token_and_learns_what_it_is_for(exchange: Exchange) -> None:
    answer = await exchange()

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["pragma"] == "no-cache"
    assert answer.json() == {
        "access_token": "access-1",
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": 1800,
        "scope": "read",
        "connector": {
            "account": "Demo Company (AU)",
            "organisation": "Demo Company (AU)",
            "organisation_id": "organisation-1",
            "level": "read",
        },
    }


async def test_an_account_without_organisations_says_so(exchange: Exchange) -> None:
    connector = (await exchange("gmail")).json()["connector"]

    assert connector == {
        "account": "owner@example.com",
        "organisation": None,
        "organisation_id": None,
        "level": "read",
    }


async def test_the_credentials_may_also_come_in_the_form(exchange: Exchange) -> None:
    answer = await exchange(headers={}, client_id="resource-1", client_secret=RESOURCE_SECRET)

    assert answer.status_code == 200


async def test_without_a_scope_it_is_the_level_of_the_connection(exchange: Exchange) -> None:
    assert (await exchange(scope=None)).json()["scope"] == "read"


async def test_the_kind_of_token_may_be_asked_for(exchange: Exchange) -> None:
    assert (await exchange(requested_token_type=ACCESS_TOKEN)).status_code == 200


async def test_the_lifetime_is_rounded_down_to_whole_seconds(exchange: Exchange) -> None:
    exchange.hub.clock.advance(timedelta(milliseconds=500))

    assert (await exchange()).json()["expires_in"] == 1799


async def test_what_is_about_to_expire_is_renewed_first(exchange: Exchange) -> None:
    exchange.hub.clock.advance(timedelta(minutes=26))

    answer = (await exchange()).json()

    assert answer["expires_in"] == 1800
    assert answer["access_token"] != "access-1"


async def test_where_the_provider_can_narrow_the_token_is_no_wider_than_the_level() -> None:
    async with an_exchange("gmail", level="write") as exchange:
        answer = (await exchange("gmail")).json()

        assert answer["access_token"].startswith("narrow-")
        assert "token_allows" not in answer["connector"]
        assert exchange.hub.gateway.renewals[-1].narrow_to == exchange.hub.needed("gmail", Level.READ)


async def test_where_it_cannot_the_answer_says_what_the_token_would_allow() -> None:
    async with an_exchange("xero", level="write") as exchange:
        answer = (await exchange()).json()

        assert answer["scope"] == "read"
        assert answer["connector"]["level"] == "read"
        assert answer["connector"]["token_allows"] == "write"
        assert (await exchange(scope="write")).json()["connector"].get("token_allows") is None


async def test_every_use_shows_on_the_users_activity_page(exchange: Exchange) -> None:
    for _ in range(3):
        await exchange()

    page = await exchange.browser.open("/activity")

    assert "Sample client read from Xero 3 times." in page.text


async def test_the_status_says_when_a_connection_was_last_used(exchange: Exchange) -> None:
    await exchange()

    await exchange.browser.open("/integrations/status")

    connectors = exchange.browser.response.json()["connectors"]
    assert connectors["xero"]["last_used_at"] == "2026-11-22T10:00:00Z"
    assert connectors["gmail"]["last_used_at"] is None


# -- What a person can mend -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["read", "write", None])
async def test_a_service_that_is_not_connected_is_told_with_the_link_that_mends_it(
    exchange: Exchange, scope: str | None
) -> None:
    refused = await exchange("google_sheets", scope=scope)

    assert refused.status_code == 400
    assert refused.headers["cache-control"] == "no-store"
    assert refused.json() == {
        "error": "interaction_required",
        "error_description": "The user has not connected this service.",
        "connector": "google_sheets",
        "reason": "not_connected",
        "connect_url": f"{ISSUER}/integrations?connect=google_sheets",
    }


@pytest.mark.parametrize(
    ("attention", "reason"),
    [
        (Attention.GRANT_ENDED, "needs_attention"),
        (Attention.ORGANISATION_GONE, "needs_attention"),
        (Attention.ORGANISATION_NOT_CHOSEN, "organisation_not_chosen"),
    ],
)
async def test_a_connection_that_needs_its_user_is_told_as_such(
    exchange: Exchange, attention: Attention, reason: str
) -> None:
    await exchange.hub.change_link("xero", attention=attention)

    refused = (await exchange()).json()

    assert (refused["error"], refused["reason"]) == ("interaction_required", reason)
    assert refused["connect_url"] == f"{ISSUER}/integrations?connect=xero"
    assert refused["error_description"].endswith(".")


async def test_writing_under_read_is_refused_whatever_the_provider_granted(exchange: Exchange) -> None:
    await exchange.hub.change_link("xero", granted=exchange.hub.needed("xero", Level.WRITE))

    refused = await exchange(scope="write")

    assert refused.status_code == 400
    assert refused.json()["reason"] == "level_too_low"
    assert exchange.hub.gateway.renewals == []


async def test_writing_that_the_provider_did_not_grant_is_refused_whatever_the_level(exchange: Exchange) -> None:
    await exchange.hub.change_link("xero", level=Level.WRITE)

    assert (await exchange(scope="write")).json()["reason"] == "level_too_low"
    assert (await exchange(scope="read")).status_code == 200


async def test_lowering_bites_on_the_next_call() -> None:
    async with an_exchange("gmail", level="write") as exchange:
        assert (await exchange("gmail", scope="write")).status_code == 200
        await exchange.browser.open("/integrations")
        await exchange.browser.send("/gmail/level", level="read")
        assert (await exchange("gmail", scope="write")).json()["reason"] == "level_too_low"


async def test_the_link_mends_what_was_refused(exchange: Exchange) -> None:
    refused = (await exchange("google_sheets")).json()

    page = await exchange.browser.open(refused["connect_url"].removeprefix(ISSUER))
    assert "To go on, connect Google Sheets." in page.text
    await exchange.browser.connect("google_sheets")

    assert (await exchange("google_sheets")).status_code == 200


async def test_an_organisation_that_was_not_chosen_is_chosen_by_the_link(exchange: Exchange) -> None:
    several = tuple(Organisation(id=each, name=each, connection_id=each) for each in ("One", "Two"))
    await exchange.browser.open("/integrations")
    await exchange.browser.disconnect("xero")
    exchange.hub.gateway.hand_out(ProviderAccount(subject="s", email="o@example.com"), organisations=several)
    await exchange.browser.connect("xero")
    refused = (await exchange()).json()
    assert refused["reason"] == "organisation_not_chosen"

    await exchange.browser.open(refused["connect_url"].removeprefix(ISSUER))
    await exchange.browser.send("/xero/organisation", organisation="Two")

    assert (await exchange()).json()["connector"]["organisation_id"] == "Two"


async def test_the_link_has_the_public_urls_path() -> None:
    async with an_exchange(issuer="https://example.com/pip") as exchange:
        refused = (await exchange()).json()

        assert refused["connect_url"] == "https://example.com/pip/integrations?connect=xero"


async def test_a_grant_that_turns_out_to_have_ended_is_told_once_and_for_all(exchange: Exchange) -> None:
    exchange.hub.clock.advance(timedelta(minutes=30))
    exchange.hub.gateway.fail_next("refresh", ProviderRefused(reason="invalid_grant"))

    assert (await exchange()).json()["reason"] == "needs_attention"
    assert (await exchange()).json()["reason"] == "needs_attention"

    assert exchange.hub.gateway.calls["refresh"] == 1
    page = await exchange.browser.open("/integrations")
    assert page.values("data-status")[0] == "needs_attention"


# -- What only time, or the operator, can mend ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("retry_after", "told"),
    [(None, "5"), (timedelta(seconds=90), "90"), (timedelta(seconds=1.2), "2"), (timedelta(milliseconds=1), "1")],
)
async def test_a_provider_that_is_down_is_never_an_invalid_grant(
    exchange: Exchange, retry_after: timedelta | None, told: str
) -> None:
    exchange.hub.clock.advance(timedelta(minutes=30))
    exchange.hub.gateway.fail_next(
        "refresh", ProviderUnreachable(reason="503 of the provider", retry_after=retry_after)
    )

    refused = await exchange()

    assert refused.status_code == 503
    assert refused.headers["cache-control"] == "no-store"
    assert refused.json()["error"] == "temporarily_unavailable"
    assert "503 of the provider" not in refused.text
    assert refused.headers["retry-after"] == told
    exchange.hub.clock.advance(timedelta(seconds=int(told)))
    assert (await exchange()).status_code == 200


async def test_a_provider_that_answers_nonsense_is_tried_again_later(exchange: Exchange) -> None:
    exchange.hub.clock.advance(timedelta(minutes=30))
    exchange.hub.gateway.fail_next("refresh", ProviderMisbehaved(reason="an HTML page"))

    assert (await exchange()).status_code == 503


async def test_wrong_credentials_at_the_provider_are_the_operators_and_logged_as_an_error(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pip_hub")
    exchange.hub.clock.advance(timedelta(minutes=30))
    trouble: ProviderTrouble = ProviderMisconfigured(reason="invalid_client at the provider")
    exchange.hub.gateway.fail_next("refresh", trouble)

    refused = await exchange()

    assert refused.status_code == 500
    assert refused.json()["error"] == "server_error"
    assert "invalid_client" not in refused.text
    assert [record.levelno for record in caplog.records if trouble.reason in record.getMessage()] == [logging.ERROR]


async def test_tampered_tokens_release_nothing(exchange: Exchange, caplog: pytest.LogCaptureFixture) -> None:
    grants = exchange.hub.storage.tables.provider_grants
    for grant_id, grant in grants.items():
        grants[grant_id] = attrs.evolve(grant, sealed_tokens=Sealed("tampered"))

    refused = await exchange()

    assert refused.status_code == 500
    assert refused.json()["error"] == "server_error"
    assert "access_token" not in refused.json()
    assert "not sealed by this vault" in caplog.text


async def test_tokens_moved_to_another_row_release_nothing(exchange: Exchange) -> None:
    grants = exchange.hub.storage.tables.provider_grants
    (first_id, first), (second_id, second) = grants.items()
    grants[first_id] = attrs.evolve(first, sealed_tokens=second.sealed_tokens)
    grants[second_id] = attrs.evolve(second, sealed_tokens=first.sealed_tokens)

    assert (await exchange()).status_code == 500
    assert (await exchange("gmail")).status_code == 500


async def test_a_storage_that_does_not_answer_is_no_refusal(exchange: Exchange) -> None:
    class Silent:
        def __getattr__(self, name: str) -> object:
            raise StorageUnavailable(reason="locked")

    exchange.hub.storage.tables = Silent()  # type: ignore[assignment]  # a database that is away

    refused = await exchange()

    assert refused.status_code == 503
    assert refused.json()["error"] == "temporarily_unavailable"
    assert refused.headers["cache-control"] == "no-store"


# -- Who may ask, and for what ----------------------------------------------------------------------------------------


@pytest.mark.requirement("RFC 8693 2.2.2")
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"subject_token": None}, "invalid_request"),
        ({"subject_token": "never issued"}, "invalid_request"),
        ({"subject_token_type": None}, "invalid_request"),
        ({"subject_token_type": ID_TOKEN}, "invalid_request"),
        ({"requested_token_type": ID_TOKEN}, "invalid_request"),
        ({"actor_token": "somebody"}, "invalid_request"),
        ({"actor_token": "somebody", "actor_token_type": ACCESS_TOKEN}, "invalid_request"),
        ({"actor_token_type": ACCESS_TOKEN}, "invalid_request"),
        ({"audience": None}, "invalid_request"),
        ({"audience": "nothing"}, "invalid_target"),
        ({"audience": "XERO"}, "invalid_target"),
        ({"audience": ["xero", "gmail"]}, "invalid_target"),
        ({"audience": ["xero", "xero"]}, "invalid_target"),
        ({"resource": "https://api.xero.com"}, "invalid_target"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"scope": "read write"}, "invalid_scope"),
        ({"scope": "accounting.invoices"}, "invalid_scope"),
        ({"scope": ["read", "write"]}, "invalid_request"),
        ({"subject_token": ["a", "b"]}, "invalid_request"),
    ],
)
async def test_a_wrong_request_is_refused_with_its_own_word(
    exchange: Exchange, changes: dict[str, Any], error: str
) -> None:
    refused = await exchange(**changes)

    assert (refused.status_code, refused.json()["error"]) == (400, error)
    assert refused.headers["cache-control"] == "no-store"
    assert exchange.hub.gateway.renewals == []
    page = await exchange.browser.open("/activity")
    assert "Sample client" not in page.text


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ({}, {}),
        ({}, {"client_id": "resource-1"}),
        ({}, {"client_id": "client-1"}),
        ({}, {"client_id": "resource-1", "client_secret": "wrong"}),
        (basic("resource-1", "wrong"), {}),
        (basic("nobody", RESOURCE_SECRET), {}),
        ({"Authorization": "Bearer token"}, {}),
    ],
)
async def test_only_a_registered_resource_may_ask(
    exchange: Exchange, headers: dict[str, str], fields: dict[str, str]
) -> None:
    refused = await exchange(headers=headers, **fields)

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert "www-authenticate" in refused.headers


async def test_another_resource_cannot_spend_a_token_that_was_not_issued_for_it(exchange: Exchange) -> None:
    refused = await exchange(headers=AS_OTHER_RESOURCE)

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    other_token = await exchange.another_token(resource=OTHER_RESOURCE)
    assert (await exchange(subject_token=other_token)).json()["error"] == "invalid_request"
    assert (await exchange(headers=AS_OTHER_RESOURCE, subject_token=other_token)).status_code == 200


async def test_an_expired_token_brings_nothing(exchange: Exchange) -> None:
    exchange.hub.clock.advance(exchange.hub.policy.access_token_lifetime)

    refused = await exchange()

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


async def test_a_revoked_token_brings_nothing(exchange: Exchange) -> None:
    await exchange.http.post("/oauth/revoke", data={"client_id": "client-1", "token": exchange.token})

    assert (await exchange()).json()["error"] == "invalid_request"


async def test_why_a_subject_token_was_refused_is_logged_and_not_told(
    exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pip_hub")
    unknown = await exchange(subject_token="the-secret-token")
    elsewhere = await exchange(headers=AS_OTHER_RESOURCE)

    assert unknown.json() == elsewhere.json()
    assert "issued for another resource" in caplog.text
    assert "the-secret-token" not in caplog.text
    assert exchange.token not in caplog.text


async def test_one_user_never_gets_anothers_token(exchange: Exchange) -> None:
    other = exchange.hub.browser()
    await other.open("/integrations")
    await other.register("other@example.com")

    token = await attrs.evolve(exchange, browser=other).another_token()

    assert (await exchange(subject_token=token)).json()["reason"] == "not_connected"


async def test_disconnecting_bites_on_the_next_call(exchange: Exchange) -> None:
    await exchange.browser.open("/integrations")
    await exchange.browser.disconnect("xero")

    assert (await exchange()).json()["reason"] == "not_connected"


async def test_a_partial_grant_releases_what_was_granted(exchange: Exchange) -> None:
    granted = exchange.hub.needed("xero", Level.WRITE) - Scopes.of("accounting.payments")
    granted = granted | exchange.hub.needed("xero", Level.READ)
    await exchange.hub.change_link("xero", level=Level.WRITE, granted=granted)

    assert (await exchange(scope="write")).json()["reason"] == "level_too_low"
    assert (await exchange(scope="read")).status_code == 200
