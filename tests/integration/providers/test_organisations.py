"""Which organisations an account reaches, and which one a connection belongs to."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pip_hub.adapters.providers.gateway import AuthlibGateway
from pip_hub.application.ports.provider_gateway import ProviderAnswer, ProviderConnection
from pip_hub.domain.connector_link import Organisation
from pip_hub.domain.errors import (
    NoOrganisation,
    ProviderMisbehaved,
    ProviderMisconfigured,
    ProviderRefused,
    ProviderUnreachable,
)
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import ProviderAccess
from pip_hub.domain.secret import Secret
from tests.support.odd_provider import NONCE, OddProvider, jwt_of, replying

pytestmark = pytest.mark.anyio

BAKERY = Organisation(id="tenant-bakery", name="Harbour Street Bakery", connection_id="connection-bakery")


def an_entry(**changes: Any) -> dict[str, Any]:
    return {
        "id": "connection-bakery",
        "authEventId": "event-2",
        "tenantId": "tenant-bakery",
        "tenantType": "ORGANISATION",
        "tenantName": "Harbour Street Bakery",
        **changes,
    }


def another_entry(**changes: Any) -> dict[str, Any]:
    fields = {"id": "connection-demo", "tenantId": "tenant-demo", "tenantName": "Demo", "authEventId": "event-1"}
    return an_entry(**{**fields, **changes})


BOTH = (Organisation(id="tenant-demo", name="Demo", connection_id="connection-demo"), BAKERY)
ACCESS = ProviderAccess(token=Secret("the-access-token"), expires_at=datetime(2026, 11, 22, tzinfo=UTC))


async def connect(gateway: AuthlibGateway, provider: OddProvider) -> ProviderConnection:
    answer = ProviderAnswer(
        code=Secret("the-code"),
        redirect_uri="https://hub.example/callback",
        verifier=Secret("the-verifier"),
        nonce=Secret(NONCE),
        level=Level.READ,
    )
    return await gateway.exchange(provider.spec_with_organisations(), answer)


async def chosen(gateway: AuthlibGateway, provider: OddProvider) -> Organisation | None:
    return (await connect(gateway, provider)).account.organisation


async def test_it_is_the_one_of_this_authorization(gateway: AuthlibGateway, provider: OddProvider) -> None:
    provider.token = {"access_token": jwt_of({"authentication_event_id": "event-2"})}
    provider.organisations = [another_entry(), an_entry()]
    connection = await connect(gateway, provider)
    assert connection.account.organisation == BAKERY
    assert connection.organisations == BOTH


async def test_the_list_is_asked_for_with_the_access_token(gateway: AuthlibGateway, provider: OddProvider) -> None:
    provider.organisations = [an_entry()]
    await chosen(gateway, provider)
    (listed,) = (asked for asked in provider.asked if asked.path == "/organisations")
    assert listed.headers["authorization"] == "Bearer the-access-token"


@pytest.mark.parametrize(
    "access",
    [
        "opaque",
        "not.a.jwt",
        "a.bm90IGpzb24.c",
        "a.W10.c",
        "a.eyJhdXRoZW50aWNhdGlvbl9ldmVudF9pZCI6IDd9.c",
        "a..c",
        "." * 50,
    ],
)
async def test_without_a_hint_the_only_one_is_taken(
    gateway: AuthlibGateway, provider: OddProvider, access: str
) -> None:
    provider.token = {"access_token": access}
    provider.organisations = [an_entry()]
    assert await chosen(gateway, provider) == BAKERY


@pytest.mark.parametrize(
    "claims", [{}, {"authentication_event_id": "event-9"}, {"authentication_event_id": ""}], ids=str
)
async def test_several_without_a_match_are_not_guessed_at(
    gateway: AuthlibGateway, provider: OddProvider, claims: dict[str, object]
) -> None:
    provider.token = {"access_token": jwt_of(claims)}
    provider.organisations = [another_entry(), an_entry(authEventId="")]
    connection = await connect(gateway, provider)
    assert connection.account.organisation is None
    assert connection.organisations == BOTH


async def test_several_of_one_authorization_are_not_guessed_at(gateway: AuthlibGateway, provider: OddProvider) -> None:
    provider.token = {"access_token": jwt_of({"authentication_event_id": "event-2"})}
    provider.organisations = [an_entry(), another_entry(authEventId="event-2"), another_entry(id="x", tenantId="y")]
    connection = await connect(gateway, provider)
    assert connection.account.organisation is None
    assert len(connection.organisations) == 3


async def test_a_single_one_of_an_earlier_authorization_is_taken(
    gateway: AuthlibGateway, provider: OddProvider
) -> None:
    provider.token = {"access_token": jwt_of({"authentication_event_id": "event-9"})}
    provider.organisations = [an_entry()]
    assert await chosen(gateway, provider) == BAKERY


@pytest.mark.parametrize(
    "entries",
    [[], [an_entry(tenantType="PRACTICE")], [{"id": "connection"}]],
    ids=["nothing", "a practice", "an unknown thing"],
)
async def test_an_account_without_organisations_has_none(
    gateway: AuthlibGateway, provider: OddProvider, entries: list[object]
) -> None:
    provider.organisations = entries
    with pytest.raises(NoOrganisation):
        await chosen(gateway, provider)


async def test_other_entries_do_not_make_the_choice_unclear(gateway: AuthlibGateway, provider: OddProvider) -> None:
    provider.organisations = [another_entry(tenantType="PRACTICE"), an_entry()]
    connection = await connect(gateway, provider)
    assert connection.account.organisation == BAKERY
    assert connection.organisations == (BAKERY,)


@pytest.mark.parametrize("content", ["<h1>Yours</h1>", "", {}, {"connections": []}, None, [[]], ["tenant"]], ids=str)
async def test_a_list_that_is_none_is_refused(gateway: AuthlibGateway, provider: OddProvider, content: object) -> None:
    provider.replies["organisations"] = replying(content)
    with pytest.raises(ProviderMisbehaved):
        await chosen(gateway, provider)


@pytest.mark.parametrize(
    "change",
    [
        {"tenantId": None},
        {"tenantId": 7},
        {"tenantId": ""},
        {"tenantId": "a\r\nX-Injected: yes"},
        {"id": None},
        {"id": "../../everything"},
        {"id": ".."},
        {"id": "a/b?c#d"},
        {"id": "x" * 129},
        {"tenantName": None},
        {"tenantName": ["Demo"]},
        {"tenantName": "\u202e\x00 "},
    ],
    ids=lambda change: ascii(change)[:40],
)
async def test_an_entry_with_an_impossible_field_is_refused(
    gateway: AuthlibGateway, provider: OddProvider, change: dict[str, object]
) -> None:
    for entries in ([an_entry(**change)], [another_entry(), an_entry(**change)]):
        provider.organisations = list(entries)
        with pytest.raises(ProviderMisbehaved):
            await chosen(gateway, provider)
        with pytest.raises(ProviderMisbehaved):
            await gateway.organisations(provider.spec_with_organisations(), ACCESS)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Caf\u00e9 \u6771\u4eac & <b>Sons</b>", "Caf\u00e9 \u6771\u4eac & <b>Sons</b>"),
        ("Demo\u00a0Company\x00\u202e", "Demo Company"),
        ("x" * 500, "x" * 200),
    ],
    ids=["as it is", "without what cannot be shown", "cut"],
)
async def test_a_name_is_made_fit_to_be_shown(
    gateway: AuthlibGateway, provider: OddProvider, name: str, shown: str
) -> None:
    provider.organisations = [an_entry(tenantName=name)]
    organisation = await chosen(gateway, provider)
    assert organisation is not None
    assert organisation.name == shown


@pytest.mark.parametrize(
    ("status", "trouble"),
    [
        (500, ProviderUnreachable),
        (429, ProviderUnreachable),
        (401, ProviderRefused),
        (403, ProviderMisbehaved),
        (404, ProviderMisbehaved),
    ],
)
async def test_a_list_that_is_refused_fails_the_call(
    gateway: AuthlibGateway, provider: OddProvider, status: int, trouble: type[Exception]
) -> None:
    provider.replies["organisations"] = replying("no", status)
    with pytest.raises(trouble):
        await chosen(gateway, provider)
    with pytest.raises(trouble):
        await gateway.organisations(provider.spec_with_organisations(), ACCESS)


async def test_the_organisations_of_an_account_can_be_listed_again(
    gateway: AuthlibGateway, provider: OddProvider
) -> None:
    provider.organisations = [another_entry(), an_entry(), an_entry(id="x", tenantType="PRACTICE")]
    assert await gateway.organisations(provider.spec_with_organisations(), ACCESS) == BOTH
    (listed,) = provider.asked
    assert (listed.method, listed.path) == ("GET", "/organisations")
    assert listed.headers["authorization"] == "Bearer the-access-token"


async def test_when_all_were_removed_at_the_provider_none_is_left(
    gateway: AuthlibGateway, provider: OddProvider
) -> None:
    assert await gateway.organisations(provider.spec_with_organisations(), ACCESS) == ()


async def test_a_connector_without_organisations_cannot_list_them(
    gateway: AuthlibGateway, provider: OddProvider
) -> None:
    with pytest.raises(ProviderMisconfigured):
        await gateway.organisations(provider.spec(), ACCESS)
    assert provider.asked == []
