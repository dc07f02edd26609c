"""Whatever is stored comes back as it was: every field, empty or full, any text and any aware time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest

from pip_hub.adapters.contracts.samples import (
    NOW,
    a_client,
    a_code,
    a_digest,
    a_grant,
    a_link,
    a_notice,
    a_provider_grant,
    a_refresh_token,
    a_resource,
    a_revocation,
    a_session,
    a_user,
    an_access_token,
    an_account,
    an_activity_entry,
    an_attempt,
    an_authorization_request,
    an_open_flow,
    an_organisation,
)
from pip_hub.adapters.contracts.storage.base import Entity, StorageContract, everything, given, store, stored
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from pip_hub.domain.activity import ActivityKind
from pip_hub.domain.client import ClientAuthMethod
from pip_hub.domain.connector_link import Attention
from pip_hub.domain.identifiers import ClientId, FlowId
from pip_hub.domain.mcp_flow import FlowOutcome
from pip_hub.domain.notice import FailureReason, NoticeKind
from pip_hub.domain.permission import Level
from pip_hub.domain.redirect_uri import RedirectUri
from pip_hub.domain.revocation import ForgetPlan
from pip_hub.domain.scope import Scopes

AT = NOW + timedelta(microseconds=123457)

VARIANTS: dict[str, Entity] = {
    "a user": a_user(created_at=AT),
    "a client with everything": a_client(
        auth_method=ClientAuthMethod.BASIC,
        secret_digest=a_digest("client"),
        client_uri="https://client.example",
        redirect_uris=tuple(RedirectUri(uri) for uri in ("cursor://b", "http://127.0.0.1/a?x=1", "https://a.example/")),
    ),
    "a client with nothing": a_client(redirect_uris=()),
    "a resource with scopes": a_resource(scopes=Scopes.of("a", "b:c", "https://scope.example/d")),
    "a resource without": a_resource(scopes=Scopes()),
    "a session seen later": a_session(seen_at=AT, expires_at=AT + timedelta(days=30)),
    "a notice with everything": a_notice(
        kind=NoticeKind.CONNECTION_FAILED, detail=FailureReason.DECLINED.value, account="a", flow_ended=True
    ),
    "a notice with nothing": a_notice(account=None, detail=None),
    "an open flow": an_open_flow(),
    "a completed flow": an_open_flow(outcome=FlowOutcome.COMPLETED, closed_at=AT),
    "a cancelled flow": an_open_flow(outcome=FlowOutcome.CANCELLED, closed_at=AT),
    "a flow without state and scopes": an_open_flow(request=an_authorization_request(state=None, scopes=Scopes())),
    "a flow with an empty state": an_open_flow(request=an_authorization_request(state="")),
    "a taken attempt": an_attempt(level=Level.WRITE, taken_at=AT),
    "an attempt without a flow": an_attempt(flow_id=None),
    "a link with everything": a_link(
        level=Level.WRITE,
        last_used_at=AT,
        attention=Attention.ORGANISATION_GONE,
        organisations=tuple(an_organisation(id=f"organisation-{number}") for number in (3, 1, 2)),
    ),
    "a link with nothing": a_link(
        account=an_account(email=None, organisation=None), granted=Scopes(), organisations=()
    ),
    "a link whose grant ended": a_link(attention=Attention.GRANT_ENDED),
    "a link without a choice": a_link(attention=Attention.ORGANISATION_NOT_CHOSEN),
    "a provider grant often renewed": a_provider_grant(generation=2**31 - 1, refreshed_at=AT),
    "a leased provider grant": a_provider_grant(lease_until=AT),
    "a revocation often tried": a_revocation(plan=ForgetPlan.REMOVE_ORGANISATION, tries=12, next_try_at=AT),
    "a revocation with nothing": a_revocation(organisation=None, sealed_tokens=None),
    "a line of activity with everything": an_activity_entry(kind=ActivityKind.LEVEL_CHANGED, at=AT, count=3),
    "a line of activity with nothing": an_activity_entry(detail=None, account=None, client=None),
    "a revoked grant": a_grant(revoked_at=AT),
    "a redeemed code": a_code(redeemed_at=AT, sealed_code=None),
    "a revoked access token": an_access_token(revoked_at=AT),
    "a rotated refresh token": a_refresh_token(rotated_at=AT),
}
STRANGE = {
    "quotes": """'; DROP TABLE clients; -- "%s" \\""",
    "many scripts": "Ελλάδα 日本 🇦🇺 ü u\u0308",
    "control characters": "\x00 \x01 \x1b \x1b0000 \x7f \r\n\t\x00",
    "half a surrogate pair": "\ud83d and \udc00",
    "two halves that are no pair": "\ud83d\udc00",
    "direction": "\u202egnp.exe",
    "nothing": "",
    "spaces": "  a  ",
    "length": "x" * 4000,
}


@pytest.mark.anyio
class RoundTripsContract(StorageContract):
    @pytest.mark.parametrize("value", VARIANTS.values(), ids=VARIANTS)
    async def test_every_field_comes_back(self, unit_of_work: OpenUnitOfWork, value: Entity) -> None:
        owners: list[Entity] = [owner for owner in (a_user(), a_grant()) if type(owner) is not type(value)]
        await given(unit_of_work, *owners, value)
        found = await stored(unit_of_work, value)
        assert found is not None
        assert found == value
        assert [time for time in _times(found) if time.utcoffset() != timedelta(0)] == []

    @pytest.mark.parametrize("value", everything(), ids=lambda value: type(value).__name__)
    async def test_nothing_is_found_where_nothing_is(self, unit_of_work: OpenUnitOfWork, value: Entity) -> None:
        assert await stored(unit_of_work, value) is None

    @pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
    async def test_any_text_comes_back(self, unit_of_work: OpenUnitOfWork, text: str) -> None:
        organisation = an_organisation(id=text, name=text, connection_id=text)
        values: tuple[Entity, ...] = (
            a_client(name=text),
            a_notice(account=text, detail=text),
            an_open_flow(request=an_authorization_request(state=text)),
            a_link(
                account=an_account(subject=text, email=text, organisation=organisation), organisations=(organisation,)
            ),
            a_provider_grant(subject=text),
            a_revocation(subject=text, account=text, organisation=organisation),
            an_activity_entry(detail=text, account=text, client=text, group=text),
        )
        await given(unit_of_work, a_user(), *values)
        assert [await stored(unit_of_work, value) for value in values] == list(values)
        async with unit_of_work() as work:
            shared = await work.connector_links.sharing(a_link().provider, text)
            assert [link.account.subject for link in shared] == [text]

    @pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
    async def test_a_strange_identifier_is_simply_not_found(self, unit_of_work: OpenUnitOfWork, text: str) -> None:
        async with unit_of_work() as work:
            assert await work.flows.get(FlowId(text)) is None
            assert await work.flows.close(FlowId(text), FlowOutcome.COMPLETED, NOW) is None
            assert await work.clients.get(ClientId(text)) is None
            assert await work.resources.by_uri(text) is None

    @pytest.mark.parametrize(
        "time",
        [
            datetime(2026, 3, 29, 2, 30, 0, 1, tzinfo=UTC),
            datetime(2026, 11, 22, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=13, minutes=45))),
            datetime(2026, 1, 1, 0, 0, tzinfo=timezone(-timedelta(hours=11))),
            datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC),
            datetime(2199, 1, 1, tzinfo=UTC),
        ],
        ids=str,
    )
    async def test_times_come_back_to_the_microsecond(self, unit_of_work: OpenUnitOfWork, time: datetime) -> None:
        await given(unit_of_work, a_user(), a_grant(created_at=time, revoked_at=time))
        async with unit_of_work() as work:
            grant = await work.grants.get(a_grant().id)
        assert grant is not None
        assert grant.created_at == grant.revoked_at == time

    async def test_a_spent_value_carries_the_time_in_utc_too(self, unit_of_work: OpenUnitOfWork) -> None:
        spendable = (a_code(), an_open_flow(), an_attempt(), a_refresh_token(), a_link(), a_provider_grant())
        await given(unit_of_work, a_user(), a_grant(), *spendable)
        async with unit_of_work() as work:
            spent = [
                await work.authorization_codes.redeem(a_code().digest, AT),
                await work.flows.close(an_open_flow().id, FlowOutcome.COMPLETED, AT),
                await work.connection_attempts.take(an_attempt().state_digest, AT),
                await work.refresh_tokens.rotate(a_refresh_token().digest, AT),
                await work.connector_links.used(a_user().id, a_link().connector, a_link().grant_id, AT),
                await work.provider_grants.lease(a_provider_grant().id, 0, NOW, AT),
            ]
        for value in spent:
            assert value is not None
            assert {time.utcoffset() for time in _times(value)} == {timedelta(0)}
            assert AT in _times(value)

    async def test_a_value_can_be_stored_beside_others_of_its_kind(self, unit_of_work: OpenUnitOfWork) -> None:
        clients = [a_client(id=ClientId(f"client-{number}"), name=f"Client {number}") for number in range(3)]
        async with unit_of_work() as work:
            for client in clients:
                await store(work, client)
            await work.commit()
        assert [await stored(unit_of_work, client) for client in clients] == clients


def _times(value: Entity) -> list[datetime]:
    return [field for field in attrs.asdict(value, recurse=False).values() if isinstance(field, datetime)]
