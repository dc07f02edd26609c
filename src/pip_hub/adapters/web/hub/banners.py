"""What happened, in plain words: made from the server's own notices, never from a query."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from pip_hub.adapters.web.messages import listed
from pip_hub.application.flows.view_hub import ConnectorCard, HubView
from pip_hub.domain.notice import FailureReason, Notice, NoticeKind
from pip_hub.domain.provider_grant import ForgetOutcome

_FAILURES: Mapping[FailureReason, str] = {
    FailureReason.DECLINED: "You pressed Cancel at {provider}, or did not allow the access. Nothing was connected.",
    FailureReason.EXPIRED: "More than ten minutes passed before you came back from {provider}.",
    FailureReason.UNREACHABLE: "{provider} did not answer. It may be down for a moment.",
    FailureReason.MISCONFIGURED: "{brand} is not set up correctly at {provider}. Whoever runs it has to mend that.",
    FailureReason.REFUSED: "{provider} no longer accepted the approval it had just given.",
    FailureReason.MISBEHAVED: "{provider} sent an answer that could not be trusted.",
    FailureReason.WRONG_ACCOUNT: "You chose {account}, but another account is connected. "
    "To change accounts, disconnect first and then connect again.",
    FailureReason.NO_ORGANISATION: "The account you chose has no organisation at {provider}.",
    FailureReason.UNDECIDED_ORGANISATION: "{provider} named several organisations and did not say which one you chose.",
    FailureReason.INTERRUPTED: "We were interrupted before {provider}’s answer was kept.",
    FailureReason.NOTHING_GRANTED: "All boxes were left unticked at {provider}, so there was nothing to connect.",
}

_FORGOTTEN: Mapping[ForgetOutcome, str] = {
    ForgetOutcome.REVOKED: "{provider} has confirmed that {brand}’s access is gone.",
    ForgetOutcome.ALREADY_GONE: "{provider} had ended {brand}’s access before.",
    ForgetOutcome.TRYING: "{brand} can no longer use it. {provider} has not confirmed yet; we keep asking.",
    ForgetOutcome.GIVEN_UP: "{brand} can no longer use it, but {provider} could not be told. "
    "To be sure, remove {brand} in your account settings at {provider}.",
    ForgetOutcome.KEPT: "{brand} can no longer use it here. {provider} still lists {brand}, because another connection "
    "uses the same account there.",
    ForgetOutcome.NOT_OFFERED: "{brand} can no longer use it. {provider} can’t be told from here; "
    "you can remove {brand} in your account settings there.",
}


@attrs.frozen(kw_only=True)
class Banner:
    """One banner; an alert interrupts, a status is read when there is time."""

    is_alert: bool
    headline: str
    text: str = ""


def banners(view: HubView, brand: str) -> list[Banner]:
    """The notices of this view, oldest first."""
    cards = {card.key: card for card in view.connectors}
    return [_banner(notice, cards[notice.connector], brand) for notice in view.notices if notice.connector in cards]


def must_connect(names: tuple[str, ...]) -> Banner:
    """Continue was pressed too early."""
    return Banner(is_alert=True, headline=f"Connect {listed(names)} first, then continue.")


def _banner(notice: Notice, card: ConnectorCard, brand: str) -> Banner:
    if notice.kind is NoticeKind.CONNECTED:
        ended = (
            "The request you came with has ended meanwhile. Your connection is kept: go back to the app you came from "
            "and connect again to finish."
        )
        return Banner(
            is_alert=False,
            headline=f"✓ {card.name} connected: {notice.account}",
            text=ended if notice.flow_ended else "",
        )
    words = {"provider": card.provider_name, "brand": brand, "account": notice.account or "another account"}
    if notice.kind is NoticeKind.CONNECTION_FAILED:
        return Banner(
            is_alert=True,
            headline=f"{card.name} connection failed. Please try again.",
            text=_FAILURES[FailureReason(notice.detail or FailureReason.MISBEHAVED)].format_map(words),
        )
    return Banner(
        is_alert=False,
        headline=f"{card.name} disconnected.",
        text=_FORGOTTEN[ForgetOutcome(notice.detail or ForgetOutcome.TRYING)].format_map(words),
    )
