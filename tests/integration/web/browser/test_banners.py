"""Every notice the core can leave has a sentence."""

import pytest

from pip_hub.adapters.web.hub.banners import Banner, banners
from pip_hub.application.flows.connector_cards import ConnectorCard
from pip_hub.application.flows.view_hub import HubView
from pip_hub.domain.connector_link import LinkStatus
from pip_hub.domain.identifiers import ConnectorKey
from pip_hub.domain.notice import FailureReason, Notice, NoticeKind
from pip_hub.domain.revocation import ForgetOutcome
from tests.builders import a_notice


def told(notice: Notice) -> list[Banner]:
    card = ConnectorCard(
        key=ConnectorKey("xero"),
        name="Xero",
        pitch="Access invoices",
        icon="xero",
        notice=None,
        provider_name="Xero",
        status=LinkStatus.NOT_CONNECTED,
        levels=(),
        required=False,
    )
    return banners(HubView(email="user@example.com", flow=None, connectors=(card,), notices=(notice,), still_telling=()), "Pip")


@pytest.mark.parametrize("reason", FailureReason)
def test_every_reason_for_a_failure_has_its_sentence(reason: FailureReason) -> None:
    (banner,) = told(a_notice(kind=NoticeKind.CONNECTION_FAILED, detail=reason))
    assert banner.is_alert
    assert banner.headline == "Xero connection failed. Please try again."
    assert banner.text.endswith(".")
    assert "{" not in banner.text


@pytest.mark.parametrize("outcome", ForgetOutcome)
def test_every_outcome_of_a_disconnect_has_its_sentence(outcome: ForgetOutcome) -> None:
    (banner,) = told(a_notice(kind=NoticeKind.DISCONNECTED, detail=outcome))
    assert not banner.is_alert
    assert banner.headline == "Xero disconnected."
    assert banner.text.endswith(".")
    assert "{" not in banner.text


def test_a_connection_names_the_account() -> None:
    assert told(a_notice()) == [Banner(is_alert=False, headline="✓ Xero connected: Demo Company (AU)")]


def test_braces_in_an_account_are_only_braces() -> None:
    (banner,) = told(
        a_notice(kind=NoticeKind.CONNECTION_FAILED, detail=FailureReason.WRONG_ACCOUNT, account="{brand} {nothing}")
    )
    assert "You chose {brand} {nothing}, but" in banner.text


def test_a_notice_about_a_connector_that_was_taken_away_is_left_out() -> None:
    assert told(a_notice(connector=ConnectorKey("gone"))) == []
