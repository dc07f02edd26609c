"""What the page says to somebody whom an app sent here for one connector (`connect_url`, docs: http.md section 4)."""

from __future__ import annotations

from pip_hub.adapters.web.hub.banners import Banner
from pip_hub.adapters.web.hub.words import level_name
from pip_hub.application.flows.connector_cards import ConnectorCard
from pip_hub.domain.connector_link import Attention, LinkStatus


def prompt(card: ConnectorCard, *, in_flow: bool) -> Banner:
    """What is left to do on this card before one can go on."""
    afterwards = "Then press Continue." if in_flow else "Then go back to the app that sent you here."
    match card.status:
        case LinkStatus.UNAVAILABLE:
            return _status(f"{card.name} can’t be connected here yet.", "The app that sent you here has to do without.")
        case LinkStatus.NOT_CONNECTED:
            return _status(f"To go on, connect {card.name}.", afterwards)
        case LinkStatus.LIMITED:
            return _status(f"To go on, allow the rest at {card.provider_name}.", afterwards)
        case LinkStatus.NEEDS_ATTENTION:
            if card.attention is Attention.ORGANISATION_NOT_CHOSEN:
                return _status(f"To go on, choose an organisation for {card.name}.", afterwards)
            return _status(f"To go on, reconnect {card.name}.", afterwards)
        case LinkStatus.CONNECTED:
            level = f" ({level_name(card.level)})" if card.level is not None and len(card.levels) > 1 else ""
            more = "If the app needs more, change the access below. Otherwise "
            go = "press Continue." if in_flow else "you can go back to the app that sent you here."
            return _status(f"{card.name} is connected{level}.", f"{more if level else 'Now '}{go}")


def _status(headline: str, text: str) -> Banner:
    return Banner(is_alert=False, headline=headline, text=text)
