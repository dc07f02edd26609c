"""What stands in the way of using a connection, in the words MCP servers get."""

import pytest

from pip_hub.domain.connector import ConnectorSpec
from pip_hub.domain.connector_link import Attention
from pip_hub.domain.permission import Level, ScopeRules
from pip_hub.domain.release import Need, what_is_needed
from pip_hub.domain.scope import Scopes
from tests.builders import a_connector, a_link

READ, WRITE = Scopes.of("sheets.read"), Scopes.of("sheets")
READ_ONLY = ScopeRules(identity=Scopes(), levels={Level.READ: READ})
WRITE_ONLY = ScopeRules(identity=Scopes(), levels={Level.WRITE: WRITE})


@pytest.mark.parametrize(
    ("allowed", "granted", "asked", "need"),
    [
        (Level.READ, READ, Level.READ, None),
        (Level.WRITE, WRITE, Level.READ, None),
        (Level.WRITE, WRITE, Level.WRITE, None),
        (Level.READ, READ, Level.WRITE, Need.LEVEL_TOO_LOW),
        (Level.READ, WRITE, Level.WRITE, Need.LEVEL_TOO_LOW),
        (Level.READ, WRITE, Level.READ, None),
        (Level.WRITE, READ, Level.WRITE, Need.LEVEL_TOO_LOW),
        (Level.WRITE, READ, Level.READ, None),
        (Level.READ, Scopes(), Level.READ, Need.LEVEL_TOO_LOW),
    ],
)
def test_the_level_is_the_smaller_of_what_the_user_allows_and_what_the_provider_granted(
    allowed: Level, granted: Scopes, asked: Level, need: Need | None
) -> None:
    assert what_is_needed(a_connector(), a_link(level=allowed, granted=granted), asked) is need


@pytest.mark.parametrize(
    ("attention", "need"),
    [
        (Attention.GRANT_ENDED, Need.NEEDS_ATTENTION),
        (Attention.ORGANISATION_GONE, Need.NEEDS_ATTENTION),
        (Attention.ORGANISATION_NOT_CHOSEN, Need.ORGANISATION_NOT_CHOSEN),
    ],
)
@pytest.mark.parametrize("asked", Level)
def test_what_needs_attention_is_not_used_at_any_level(attention: Attention, need: Need, asked: Level) -> None:
    link = a_link(level=Level.WRITE, granted=WRITE, attention=attention)

    assert what_is_needed(a_connector(), link, asked) is need


@pytest.mark.parametrize(
    ("spec", "asked"),
    [(a_connector(scopes=READ_ONLY), Level.WRITE), (a_connector(scopes=WRITE_ONLY), Level.READ)],
)
def test_a_level_that_the_operator_took_away_is_not_used(spec: ConnectorSpec, asked: Level) -> None:
    assert what_is_needed(spec, a_link(level=Level.WRITE, granted=READ | WRITE), asked) is Need.LEVEL_TOO_LOW
