"""What the in-memory gateway does beyond the contract: it follows a script, and its providers remember."""

from datetime import timedelta

import attrs
import pytest

from pip_hub.adapters.memory.clock import FrozenClock
from pip_hub.adapters.memory.gateway import TOKEN_LIFETIME, MemoryGateway, Removal, Renewal
from pip_hub.adapters.memory.provider_side import GRACE
from pip_hub.application.ports.provider_gateway import OutboundTrip, ProviderAnswer, ProviderConnection
from pip_hub.domain.connector import ConnectorSpec, RevokeRadius, RevokeSpec
from pip_hub.domain.errors import NoOrganisation, ProviderRefused, ProviderUnreachable
from pip_hub.domain.permission import Level
from pip_hub.domain.provider_grant import ProviderAccess, ProviderTokens
from pip_hub.domain.revocation import ForgetOutcome
from pip_hub.domain.scope import Scopes
from pip_hub.domain.secret import Secret
from tests.builders import a_connector, a_connector_with_organisations, an_account, an_organisation

SHEETS, XERO = a_connector(), a_connector_with_organisations()
ONE, OTHER = an_organisation(), an_organisation(id="organisation-2", name="Other Ltd", connection_id="connection-2")


@attrs.define
class World:
    """A gateway and its clock."""

    clock: FrozenClock = attrs.field(factory=FrozenClock)
    gateway: MemoryGateway = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.gateway = MemoryGateway(self.clock)

    async def connect(self, spec: ConnectorSpec = SHEETS, level: Level = Level.READ) -> ProviderConnection:
        answer = ProviderAnswer(
            code=Secret("code"),
            redirect_uri="https://hub.example/callback",
            verifier=Secret("verifier"),
            nonce=Secret("nonce"),
            level=level,
        )
        return await self.gateway.exchange(spec, answer)

    async def works(self, spec: ConnectorSpec, tokens: ProviderTokens) -> bool:
        """Whether the tokens can still be renewed."""
        try:
            await self.gateway.refresh(spec, tokens, None)
        except ProviderRefused:
            return False
        return True


@pytest.fixture
def world() -> World:
    return World()


# -- The script --------------------------------------------------------------------------------------------------------


def test_the_browser_is_sent_to_the_provider(world: World) -> None:
    trip = OutboundTrip(
        redirect_uri="https://hub.example/callback",
        state=Secret("state"),
        verifier=Secret("verifier"),
        nonce=Secret("nonce"),
        scopes=Scopes.of("openid"),
    )
    url = world.gateway.authorization_url(SHEETS, trip)
    assert url.startswith("https://provider.example/authorize?state=state&")
    assert world.gateway.trips == [trip]


@pytest.mark.anyio
async def test_queued_accounts_come_first_then_the_default(world: World) -> None:
    world.gateway.hand_out(an_account(subject="queued"), granted=Scopes.of("openid"))
    queued, default = [await world.connect(XERO, Level.WRITE) for _ in range(2)]
    assert (queued.account.subject, queued.tokens.granted) == ("queued", Scopes.of("openid"))
    assert default.account.organisation is not None
    assert default.tokens.granted == XERO.scopes.needed(Level.WRITE)
    assert default.tokens.access != queued.tokens.access
    assert len(world.gateway.answers) == world.gateway.calls["exchange"] == 2


@pytest.mark.anyio
async def test_failures_come_as_scripted_and_then_it_works(world: World) -> None:
    world.gateway.fail_next("exchange", ProviderUnreachable(reason="down"), ProviderRefused(reason="used"))
    with pytest.raises(ProviderUnreachable):
        await world.connect()
    with pytest.raises(ProviderRefused):
        await world.connect()
    assert (await world.connect()).tokens.refresh is not None
    assert world.gateway.calls["exchange"] == 3


# -- Tokens ------------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_refresh_brings_a_fresh_access_token_and_keeps_the_rest(world: World) -> None:
    tokens = (await world.connect()).tokens
    now = world.clock.advance(timedelta(hours=1))
    renewed = await world.gateway.refresh(SHEETS, tokens, None)
    assert renewed == attrs.evolve(tokens, access=renewed.access)
    assert renewed.access.token != tokens.access.token
    assert renewed.access.expires_at == now + TOKEN_LIFETIME
    assert world.gateway.renewals == [Renewal(tokens, None)]


@pytest.mark.anyio
async def test_a_narrow_token_is_a_second_one(world: World) -> None:
    tokens = (await world.connect(level=Level.WRITE)).tokens
    narrow_to = SHEETS.scopes.needed(Level.READ)
    renewed = await world.gateway.refresh(SHEETS, tokens, narrow_to)
    assert renewed == attrs.evolve(tokens, narrow=renewed.narrow)
    assert renewed.narrow is not None
    assert renewed.narrow.token != tokens.access.token
    again = await world.gateway.refresh(SHEETS, renewed, None)
    assert again.narrow == renewed.narrow
    assert world.gateway.renewals == [Renewal(tokens, narrow_to), Renewal(renewed, None)]


@pytest.mark.anyio
async def test_where_refresh_tokens_rotate_the_old_one_works_for_a_while_only(world: World) -> None:
    tokens = (await world.connect(XERO)).tokens
    renewed = await world.gateway.refresh(XERO, tokens, None)
    assert renewed.refresh not in {None, tokens.refresh}
    world.clock.advance(GRACE - timedelta.resolution)
    assert await world.works(XERO, tokens)
    world.clock.advance(timedelta.resolution)
    assert not await world.works(XERO, tokens)
    assert await world.works(XERO, renewed)


@pytest.mark.anyio
async def test_after_a_lost_answer_the_same_token_is_good_for_a_while(world: World) -> None:
    tokens = (await world.connect(XERO)).tokens
    world.gateway.lose_next_refresh()
    with pytest.raises(ProviderUnreachable):
        await world.gateway.refresh(XERO, tokens, None)
    assert await world.works(XERO, tokens)
    world.clock.advance(GRACE)
    assert not await world.works(XERO, tokens)
    assert world.gateway.calls["refresh"] == 3


@pytest.mark.anyio
async def test_without_a_refresh_token_nothing_is_renewed(world: World) -> None:
    spec = a_connector(refresh=None)
    tokens = (await world.connect(spec)).tokens
    assert tokens.refresh is None
    assert not await world.works(spec, tokens)
    assert not await world.works(SHEETS, attrs.evolve(tokens, refresh=Secret("made up")))


# -- Ends --------------------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_revoking_ends_all_tokens_of_the_account_where_it_reaches_that_far(world: World) -> None:
    one, same, earlier = [(await world.connect()).tokens for _ in range(3)]
    world.gateway.hand_out(an_account(subject="somebody else"))
    others = (await world.connect()).tokens
    assert await world.gateway.revoke(SHEETS, one) is ForgetOutcome.REVOKED
    assert await world.gateway.revoke(SHEETS, one) is ForgetOutcome.ALREADY_GONE
    assert await world.gateway.revoke(SHEETS, same) is ForgetOutcome.ALREADY_GONE
    assert world.gateway.revoked == [one, one, same]
    assert not await world.works(SHEETS, earlier)
    assert await world.works(SHEETS, others)
    assert await world.works(SHEETS, (await world.connect()).tokens)


@pytest.mark.anyio
async def test_revoking_ends_one_token_where_it_reaches_no_further(world: World) -> None:
    spec = a_connector(revoke=RevokeSpec(url="https://provider.example/revoke", radius=RevokeRadius.TOKEN))
    one, other = (await world.connect(spec)).tokens, (await world.connect(spec)).tokens
    assert await world.gateway.revoke(spec, one) is ForgetOutcome.REVOKED
    assert not await world.works(spec, one)
    assert await world.works(spec, other)


@pytest.mark.anyio
async def test_a_token_that_cannot_be_renewed_is_revoked_once(world: World) -> None:
    spec = a_connector(refresh=None)
    tokens = (await world.connect(spec)).tokens
    assert await world.gateway.revoke(spec, tokens) is ForgetOutcome.REVOKED
    assert await world.gateway.revoke(spec, tokens) is ForgetOutcome.ALREADY_GONE


@pytest.mark.anyio
async def test_an_account_ends_on_the_providers_side(world: World) -> None:
    connection = await world.connect(XERO)
    world.gateway.provider.end_account(XERO.provider, connection.account.subject)
    assert not await world.works(XERO, connection.tokens)
    assert await world.gateway.organisations(XERO, connection.tokens.access) == ()
    assert await world.gateway.revoke(XERO, connection.tokens) is ForgetOutcome.ALREADY_GONE


# -- Organisations -----------------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_organisations_add_up_over_authorizations(world: World) -> None:
    world.gateway.hand_out(an_account(organisation=ONE))
    world.gateway.hand_out(an_account(organisation=OTHER))
    first, second = await world.connect(XERO), await world.connect(XERO)
    assert (first.account.organisation, first.organisations) == (ONE, (ONE,))
    assert (second.account.organisation, second.organisations) == (OTHER, (ONE, OTHER))
    assert await world.gateway.organisations(XERO, first.tokens.access) == (ONE, OTHER)


@pytest.mark.anyio
async def test_an_account_can_reach_organisations_of_which_none_was_chosen(world: World) -> None:
    world.gateway.hand_out(an_account(organisation=None), organisations=(ONE, OTHER))
    connection = await world.connect(XERO)
    assert (connection.account.organisation, connection.organisations) == (None, (ONE, OTHER))


@pytest.mark.anyio
async def test_an_account_that_reaches_no_organisation_is_not_connected(world: World) -> None:
    world.gateway.hand_out(an_account(organisation=None))
    with pytest.raises(NoOrganisation):
        await world.connect(XERO)


@pytest.mark.anyio
async def test_one_organisation_goes_and_the_other_stays(world: World) -> None:
    world.gateway.hand_out(an_account(), organisations=(ONE, OTHER))
    tokens = (await world.connect(XERO)).tokens
    remove = world.gateway.remove_organisation
    assert await remove(XERO, tokens.access, ONE.connection_id) is ForgetOutcome.REVOKED
    assert await remove(XERO, tokens.access, ONE.connection_id) is ForgetOutcome.ALREADY_GONE
    assert await world.gateway.organisations(XERO, tokens.access) == (OTHER,)
    assert world.gateway.removed == [Removal(tokens.access, ONE.connection_id)] * 2


@pytest.mark.anyio
async def test_an_expired_or_unknown_access_token_opens_nothing(world: World) -> None:
    access = (await world.connect(XERO)).tokens.access
    world.clock.advance(TOKEN_LIFETIME)
    for useless in (access, ProviderAccess(token=Secret("made up"), expires_at=world.clock.now() + TOKEN_LIFETIME)):
        with pytest.raises(ProviderRefused):
            await world.gateway.organisations(XERO, useless)
        with pytest.raises(ProviderRefused):
            await world.gateway.remove_organisation(XERO, useless, "connection-1")
