"""What a card tells about a connection: no more and no less than what is so."""

import attrs
import pytest

from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.connector_link import LinkStatus, ProviderAccount
from pip_hub.domain.permission import Level, ScopeRules
from pip_hub.domain.scope import Scopes
from tests.builders import a_connector
from tests.support.connected import card_of, change_level, change_link
from tests.support.core import Core, a_core

pytestmark = pytest.mark.anyio

RULES = ScopeRules(
    identity=Scopes.of("openid"),
    levels={Level.READ: Scopes.of("mail.read"), Level.WRITE: Scopes.of("mail.read", "mail.send")},
    aliases={"https://provider.example/mail.send": "mail.send"},
    implies={"mail": Scopes.of("mail.read", "mail.send")},
)


async def connected(level: str, granted: str) -> Core:
    core = a_core(catalogue=ConnectorCatalogue((a_connector(scopes=RULES),)))
    core.gateway.hand_out(ProviderAccount(subject="s", email=None), granted=Scopes.parse(granted))
    assert (await core.connect(await core.sign_in(), level=level)).connected
    return core


@pytest.mark.parametrize(
    ("level", "granted", "missing", "holds_more"),
    [
        ("read", "mail.read", "", False),
        ("read", "openid mail.read mail.send", "", True),
        ("read", "mail", "", True),
        ("read", "mail.read https://provider.example/mail.send", "", True),
        ("write", "mail.read mail.send", "", False),
        ("write", "mail", "", False),
        ("write", "mail.read https://provider.example/mail.send", "", False),
        ("write", "mail.read", "mail.send", False),
        ("write", "mail.send something.else", "mail.read", False),
    ],
)
async def test_a_card_says_what_is_missing_and_what_the_provider_holds_beyond_the_level(
    level: str,
    granted: str,
    missing: str,
    holds_more: bool,  # noqa: FBT001 - a column of the table
) -> None:
    core = await connected(level, granted)

    card = await card_of(core, await core.sign_in(), "sheets")

    assert (card.missing.format(), card.holds_more) == (missing, holds_more)
    assert card.status is (LinkStatus.LIMITED if missing else LinkStatus.CONNECTED)


async def test_a_card_at_a_level_that_the_operator_took_away_compares_with_nothing() -> None:
    core = await connected("write", "mail.read mail.send")
    only_reading = attrs.evolve(RULES, levels={Level.READ: Scopes.of("mail.read")})

    later = core.restarted(catalogue=ConnectorCatalogue((a_connector(scopes=only_reading),)))
    card = await card_of(later, await later.sign_in(), "sheets")

    assert (card.missing, card.holds_more, card.status) == (Scopes(), False, LinkStatus.LIMITED)
    assert (card.level, card.levels) == (Level.WRITE, (Level.READ,))


async def test_raising_the_level_again_ends_holding_more_than_it() -> None:
    core = await connected("write", "mail")
    visitor = await core.sign_in()
    await change_level(core, visitor, "read", "sheets")
    assert (await card_of(core, visitor, "sheets")).holds_more

    await change_level(core, visitor, "write", "sheets")

    assert not (await card_of(core, visitor, "sheets")).holds_more


async def test_an_unconnected_card_says_nothing_of_the_kind() -> None:
    core = a_core()

    card = await card_of(core, await core.sign_in(), "xero")

    assert (card.level, card.granted, card.missing, card.holds_more) == (None, Scopes(), Scopes(), False)
    assert (card.organisation, card.organisations, card.shares_with, card.shared_by_others) == (None, (), (), False)


async def test_a_card_shows_the_organisation_and_those_it_could_be_instead() -> None:
    core = a_core()
    visitor = await core.sign_in()
    await core.connect(visitor, "xero")
    change_link(core, organisations=())

    card = await card_of(core, visitor, "xero")

    assert card.organisation is not None
    assert (card.organisation.name, card.organisations) == ("Demo Company (AU)", ())
