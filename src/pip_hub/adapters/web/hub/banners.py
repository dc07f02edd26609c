"""What happened, in plain words: made from the server's own notices, never from a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from pip_hub.adapters.web.hub.words import FORGOTTEN, level_name
from pip_hub.adapters.web.messages import listed
from pip_hub.application.flows.connector_cards import ConnectorCard
from pip_hub.application.flows.view_hub import HubView
from pip_hub.domain.connector_link import Attention, LinkStatus
from pip_hub.domain.notice import FailureReason, Notice, NoticeKind
from pip_hub.domain.permission import Level
from pip_hub.domain.revocation import ForgetOutcome

_FAILURES: Mapping[FailureReason, str] = {
    FailureReason.DECLINED: "You pressed Cancel at {provider}, or did not allow the access. Nothing was connected.",
    FailureReason.EXPIRED: "More than ten minutes passed before you came back from {provider}.",
    FailureReason.UNREACHABLE: "{provider} did not answer. It may be down for a moment.",
    FailureReason.MISCONFIGURED: "{brand} is not set up correctly at {provider}. Whoever runs it has to mend that.",
    FailureReason.REFUSED: "{provider} no longer accepted the approval it had just given.",
    FailureReason.MISBEHAVED: "{provider} sent an answer that could not be trusted.",
    FailureReason.WRONG_ACCOUNT: "Another account was connected, and you chose {account}. Connect again to use it.",
    FailureReason.NO_ORGANISATION: "The account you chose has no organisation at {provider}.",
    FailureReason.INTERRUPTED: "We were interrupted before {provider}’s answer was kept.",
    FailureReason.NOTHING_GRANTED: "All boxes were left unticked at {provider}, so there was nothing to connect.",
}

_LEVELS: Mapping[Level, str] = {
    Level.READ: "From now on {brand} can read, and change nothing.",
    Level.WRITE: "From now on {brand} can read, and make changes.",
}

_FLOW_ENDED = (
    "The request you came with has ended meanwhile. Your connection is kept: go back to the app you came from and "
    "connect again to finish."
)
_GO_BACK = "If an app sent you here, you can go back to it now."


@attrs.frozen(kw_only=True)
class Banner:
    """One banner; an alert interrupts, a status is read when there is time.

    `switch` is the card whose account can be disconnected from the banner, to make room for another one.
    """

    is_alert: bool
    headline: str
    text: str = ""
    switch: ConnectorCard | None = None


def banners(view: HubView, brand: str) -> list[Banner]:
    """The notices of this view, oldest first; services that were disconnected together are told together."""
    cards = {card.key: card for card in view.connectors}
    pairs = [(notice, cards[notice.connector]) for notice in view.notices if notice.connector in cards]
    teller = _Teller(brand=brand, in_flow=view.flow is not None)
    return [
        *teller.disconnected([pair for pair in pairs if pair[0].kind is NoticeKind.DISCONNECTED]),
        *(teller.told(notice, card) for notice, card in pairs if notice.kind is not NoticeKind.DISCONNECTED),
    ]


def must_connect(names: tuple[str, ...]) -> Banner:
    """Continue was pressed too early."""
    return Banner(is_alert=True, headline=f"Connect {listed(names)} first, then continue.")


@attrs.frozen(kw_only=True)
class _Teller:
    """Finds the words for one page."""

    brand: str
    in_flow: bool

    def told(self, notice: Notice, card: ConnectorCard) -> Banner:
        """The banner of everything but a disconnection."""
        match notice.kind:
            case NoticeKind.CONNECTED:
                return self._connected(notice, card)
            case NoticeKind.LEVEL_CHANGED:
                level = Level(notice.detail or Level.READ)
                return self._good(f"✓ {card.name}: {level_name(level)}", _LEVELS[level].format(brand=self.brand))
            case NoticeKind.ORGANISATION_CHOSEN:
                text = f"From now on {self.brand} works with {notice.account}."
                return self._good(f"✓ {card.name}: {notice.account}", text)
            case _:
                return self._failed(notice, card)

    def disconnected(self, pairs: Sequence[tuple[Notice, ConnectorCard]]) -> list[Banner]:
        """One banner for all services of one provider that came to the same end."""
        outcomes = [(card, ForgetOutcome(notice.detail or ForgetOutcome.TRYING)) for notice, card in pairs]
        revoked = {card.provider_name for card, outcome in outcomes if outcome is ForgetOutcome.REVOKED}
        together: dict[tuple[str, ForgetOutcome], list[str]] = {}
        for card, answer in outcomes:
            # Of services that go together, the first takes the others' access along: it was not gone before.
            took_along = answer is ForgetOutcome.ALREADY_GONE and card.provider_name in revoked
            outcome = ForgetOutcome.REVOKED if took_along else answer
            together.setdefault((card.provider_name, outcome), []).append(card.name)
        return [
            Banner(
                is_alert=False,
                headline=f"{listed(tuple(dict.fromkeys(names)))} disconnected.",
                text=FORGOTTEN[outcome].format(provider=provider, brand=self.brand),
            )
            for (provider, outcome), names in together.items()
        ]

    def _connected(self, notice: Notice, card: ConnectorCard) -> Banner:
        headline = f"✓ {card.name} connected: {notice.account}"
        if notice.flow_ended:
            return Banner(is_alert=False, headline=headline, text=_FLOW_ENDED)
        if card.attention is Attention.ORGANISATION_NOT_CHOSEN:
            text = f"One step is left: choose the organisation that {self.brand} may use, on the card below."
            return Banner(is_alert=False, headline=headline, text=text)
        if card.status is LinkStatus.LIMITED:
            text = f"Not everything was allowed at {card.provider_name}: the card below says what is missing."
            return Banner(is_alert=False, headline=headline, text=text)
        return self._good(headline)

    def _good(self, headline: str, text: str = "") -> Banner:
        onward = [] if self.in_flow else [_GO_BACK]
        return Banner(is_alert=False, headline=headline, text=" ".join([text, *onward]).strip())

    def _failed(self, notice: Notice, card: ConnectorCard) -> Banner:
        reason = FailureReason(notice.detail or FailureReason.MISBEHAVED)
        if reason is FailureReason.WRONG_ACCOUNT and card.is_connected:
            return _wrong_account(notice, card)
        words = {"provider": card.provider_name, "brand": self.brand, "account": notice.account or "another account"}
        return Banner(
            is_alert=True,
            headline=f"{card.name} connection failed. Please try again.",
            text=_FAILURES[reason].format_map(words),
        )


def _wrong_account(notice: Notice, card: ConnectorCard) -> Banner:
    chosen = notice.account or "another account"
    if chosen == card.account:
        chosen = "another account with the same name"
    return Banner(
        is_alert=True,
        headline=f"{card.name} is still connected as before.",
        text=f"You are connected as {card.account} and chose {chosen}. To switch, disconnect {card.account} first, "
        "then connect again.",
        switch=card,
    )
