"""What a connected card has to say beyond its account: what is wrong, what the provider holds, whose fate it shares."""

from __future__ import annotations

import attrs

from pip_hub.adapters.web.hub.words import level_name
from pip_hub.adapters.web.messages import listed
from pip_hub.application.flows.connector_cards import ConnectorCard
from pip_hub.domain.connector import ConnectorSpec, RevokeRadius
from pip_hub.domain.connector_link import Attention, LinkStatus
from pip_hub.domain.permission import Level

_FEW = 3
"""As many permissions as one sentence can name."""


@attrs.frozen(kw_only=True)
class Trouble:
    """What is wrong, and what mends it.

    `remedy` is the label of a button that goes to the provider once more, at `level`; with `may_choose_level` the
    level is chosen beside it.
    """

    text: str
    missing: tuple[str, ...] = ()
    """What the provider did not grant, in plain words, where that is too much for one sentence."""
    remedy: str | None = None
    level: Level | None = None
    may_choose_level: bool = False
    must_choose_organisation: bool = False


@attrs.frozen(kw_only=True)
class CardNotes:
    """Each is None, or False, when there is nothing to say or to do."""

    trouble: Trouble | None = None
    may_change_level: bool = False
    may_change_organisation: bool = False
    holds_more: str | None = None
    can_shrink: bool = False
    """Whether reconnecting with less is possible, and makes the provider hold less."""
    shared: str | None = None
    can_disconnect_all: bool = False


def notes_of(card: ConnectorCard, spec: ConnectorSpec, brand: str) -> CardNotes:
    """The notes of one card, and of the connector it shows."""
    if not card.is_connected:
        return CardNotes()
    trouble = _trouble(card, spec, brand)
    if card.attention is Attention.GRANT_ENDED:
        # The provider holds nothing any more, so there is nothing to change or to share.
        return CardNotes(trouble=trouble)
    obstacle = _obstacle(card, spec)
    has_other_level = any(level is not card.level for level in card.levels)
    return CardNotes(
        trouble=trouble,
        may_change_level=has_other_level and card.attention is not Attention.ORGANISATION_NOT_CHOSEN,
        may_change_organisation=len(card.organisations) > 1 and card.attention is None,
        holds_more=_holds_more(card, obstacle, brand) if card.holds_more else None,
        can_shrink=card.holds_more and obstacle is None,
        shared=_shared(card, brand),
        can_disconnect_all=bool(card.shares_with),
    )


def _trouble(card: ConnectorCard, spec: ConnectorSpec, brand: str) -> Trouble | None:
    if card.attention is not None:
        return _attention(card, card.attention, brand)
    if card.status is not LinkStatus.LIMITED:
        return None
    if card.level is not None and card.level not in card.levels:
        name = level_name(card.level)
        return Trouble(text=f"“{name}” is not offered here any more. Choose the access that {brand} should have.")
    missing = tuple(spec.scopes.words.get(scope, scope) for scope in card.missing)
    is_short = len(missing) <= _FEW
    if is_short:
        text = f"Connected, limited. Not allowed at {card.provider_name}: {listed(missing)}."
    else:
        text = f"Connected, limited. {len(missing)} kinds of access were not allowed at {card.provider_name}."
    return Trouble(text=text, missing=() if is_short else missing, remedy="Allow the rest", level=card.level)


def _attention(card: ConnectorCard, attention: Attention, brand: str) -> Trouble:
    if attention is Attention.GRANT_ENDED:
        text = (
            f"{card.provider_name} has ended this connection: it ran out, or was removed there. "
            f"Until you reconnect, {brand} gets nothing from {card.name}."
        )
        return Trouble(text=text, remedy="Reconnect", may_choose_level=True)
    can_choose = bool(card.organisations)
    level = card.level if card.level in card.levels else next(iter(card.levels), None)
    if attention is Attention.ORGANISATION_NOT_CHOSEN:
        text = f"Choose an organisation. Until you do, {brand} gets nothing from {card.name}."
        remedy = None if can_choose else "Reconnect"
    else:
        other = " or choose another one" if can_choose else ""
        text = (
            f"{card.account} was disconnected at {card.provider_name}. "
            f"Until you reconnect it{other}, {brand} gets nothing from {card.name}."
        )
        remedy = "Reconnect"
    return Trouble(text=text, remedy=remedy, level=level, must_choose_organisation=can_choose)


def _holds_more(card: ConnectorCard, obstacle: str | None, brand: str) -> str:
    limit = f"{brand} only reads." if card.level is Level.READ else f"{brand} keeps to what you chose."
    holds = f"{card.provider_name} still holds the wider permission you gave earlier"
    return f"{limit} {holds}{f'; {obstacle}' if obstacle else ''}."


def _obstacle(card: ConnectorCard, spec: ConnectorSpec) -> str | None:
    """Why the provider cannot be made to hold less from here."""
    if spec.revoke is None:
        return "you can take it back in your account settings there"
    if spec.revoke.radius is RevokeRadius.TOKEN:
        return None
    if card.shares_with:
        return f"taking it back there would disconnect {listed(card.shares_with)} too"
    if card.shared_by_others:
        return "it can’t be taken back while another connection uses the same account there"
    return None


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
