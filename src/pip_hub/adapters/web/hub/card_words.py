"""What a connected card has to say beyond its account: what is wrong, what the provider holds, whose fate it shares."""

from __future__ import annotations

import attrs

from pip_hub.adapters.web.hub.words import level_name
from pip_hub.adapters.web.messages import listed
from pip_hub.application.flows.connector_cards import ConnectorCard
from pip_hub.domain.connector_link import Attention, LinkStatus
from pip_hub.domain.permission import Level


@attrs.frozen(kw_only=True)
class Trouble:
    """What is wrong; `remedy` is the label of a button that goes to the provider once more."""

    text: str
    remedy: str | None = None
    missing: tuple[str, ...] = ()
    """What the provider did not grant, in plain words."""


@attrs.frozen(kw_only=True)
class CardNotes:
    """Each is None, or False, when there is nothing to say."""

    trouble: Trouble | None = None
    holds_more: str | None = None
    can_shrink: bool = False
    """Whether reconnecting with less is possible, and makes the provider hold less."""
    shared: str | None = None
    can_disconnect_all: bool = False


def notes_of(card: ConnectorCard, missing: tuple[str, ...], brand: str) -> CardNotes:
    """The notes of one card; `missing` is what its level lacks, in plain words."""
    if not card.is_connected:
        return CardNotes()
    return CardNotes(
        trouble=_trouble(card, missing, brand),
        holds_more=_holds_more(card, brand) if card.holds_more else None,
        can_shrink=card.holds_more and not card.shares_with and not card.shared_by_others,
        shared=_shared(card, brand),
        can_disconnect_all=bool(card.shares_with),
    )


def _trouble(card: ConnectorCard, missing: tuple[str, ...], brand: str) -> Trouble | None:
    match card.attention:
        case Attention.GRANT_ENDED:
            text = (
                f"{card.provider_name} has ended this connection: it ran out, or was removed there. "
                f"Until you reconnect, {brand} gets nothing from {card.name}."
            )
            return Trouble(text=text, remedy="Reconnect")
        case Attention.ORGANISATION_GONE:
            other = " or choose another one" if card.organisations else ""
            text = (
                f"{card.account} was disconnected at {card.provider_name}. "
                f"Until you reconnect it{other}, {brand} gets nothing from {card.name}."
            )
            return Trouble(text=text, remedy="Reconnect")
        case Attention.ORGANISATION_NOT_CHOSEN:
            text = f"Choose an organisation. Until you do, {brand} gets nothing from {card.name}."
            return Trouble(text=text, remedy=None if card.organisations else "Reconnect")
    if card.status is not LinkStatus.LIMITED:
        return None
    if card.level not in card.levels:
        name = level_name(card.level) if card.level is not None else ""
        return Trouble(text=f"“{name}” is not offered here any more. Choose the access that {brand} should have.")
    return Trouble(
        text=f"Connected, limited. Not allowed at {card.provider_name}:", remedy="Allow the rest", missing=missing
    )


def _holds_more(card: ConnectorCard, brand: str) -> str:
    limit = f"{brand} only reads." if card.level is Level.READ else f"{brand} keeps to what you chose."
    holds = f"{card.provider_name} still holds the wider permission you gave earlier"
    if card.shares_with:
        return f"{limit} {holds}; taking it back there would disconnect {listed(card.shares_with)} too."
    if card.shared_by_others:
        return f"{limit} {holds}; it can’t be taken back while another connection uses the same account there."
    return f"{limit} {holds}."


def _shared(card: ConnectorCard, brand: str) -> str | None:
    parts = []
    if card.shares_with:
        parts.append(f"Shares one {card.provider_name} sign-in with {listed(card.shares_with)}.")
    if card.shared_by_others:
        parts.append(
            f"The same {card.provider_name} account is connected elsewhere in {brand}, which disconnecting here "
            "does not change."
        )
    return " ".join(parts) or None
