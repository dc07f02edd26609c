"""A user's connection: what its card says."""

from pip_hub.domain.connector_link import Attention, LinkStatus, ProviderAccount
from pip_hub.domain.permission import Level, ScopeRules
from pip_hub.domain.scope import Scopes
from tests.builders import a_connector, a_link, an_account, an_organisation

READ_ONLY = ScopeRules(identity=Scopes(), levels={Level.READ: Scopes.of("sheets.read")})


def test_an_account_with_an_organisation_is_labelled_by_the_organisation() -> None:
    account = an_account(email="owner@example.com", organisation=an_organisation(name="Demo Company (AU)"))

    assert account.label == "Demo Company (AU)"


def test_an_account_without_an_organisation_is_labelled_by_its_email() -> None:
    assert ProviderAccount(subject="sub-1", email="owner@example.com").label == "owner@example.com"


def test_an_account_of_which_nothing_else_is_known_is_labelled_by_its_subject() -> None:
    assert ProviderAccount(subject="sub-1", email=None).label == "sub-1"


def test_a_link_with_all_its_level_needs_is_connected() -> None:
    link = a_link(level=Level.READ, granted=Scopes.of("sheets.read"))

    assert link.status(a_connector()) is LinkStatus.CONNECTED


def test_a_link_that_was_granted_less_than_its_level_needs_is_limited() -> None:
    link = a_link(level=Level.WRITE, granted=Scopes.of("sheets.read"))

    assert link.status(a_connector()) is LinkStatus.LIMITED


def test_trouble_upstream_matters_more_than_missing_scopes() -> None:
    link = a_link(level=Level.WRITE, granted=Scopes.of("sheets.read"), attention=Attention.GRANT_ENDED)

    assert link.status(a_connector()) is LinkStatus.NEEDS_ATTENTION


def test_a_link_at_a_level_that_the_operator_took_away_is_limited_and_no_failure() -> None:
    link = a_link(level=Level.WRITE, granted=Scopes.of("sheets"))

    assert link.status(a_connector(scopes=READ_ONLY)) is LinkStatus.LIMITED
