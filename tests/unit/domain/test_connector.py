"""Connectors and the catalogue they are looked up in."""

from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.identifiers import ConnectorKey
from pip_hub.domain.permission import Level, ScopeRules
from pip_hub.domain.scope import Scopes
from tests.builders import a_connector

XERO = a_connector(key=ConnectorKey("xero"))
GMAIL = a_connector(key=ConnectorKey("gmail"))


def test_the_catalogue_finds_a_connector_by_its_key() -> None:
    catalogue = ConnectorCatalogue((XERO, GMAIL))

    assert catalogue.get("gmail") is GMAIL


def test_the_catalogue_knows_nothing_of_other_keys() -> None:
    catalogue = ConnectorCatalogue((XERO, GMAIL))

    assert catalogue.get("GMAIL") is None
    assert catalogue.get("") is None


def test_the_catalogue_keeps_the_order_it_was_given() -> None:
    assert [spec.key for spec in ConnectorCatalogue((XERO, GMAIL))] == ["xero", "gmail"]
    assert [spec.key for spec in ConnectorCatalogue((GMAIL, XERO))] == ["gmail", "xero"]
    assert len(ConnectorCatalogue((GMAIL, XERO))) == 2


def test_a_connector_offers_the_levels_it_has_scopes_for() -> None:
    rules = ScopeRules(identity=Scopes(), levels={Level.READ: Scopes.of("notes.read")})
    read_only = a_connector(scopes=rules)

    assert read_only.offers(Level.READ)
    assert not read_only.offers(Level.WRITE)
