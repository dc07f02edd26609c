"""Which organisation the user chose, at a provider that has several per account."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping

from pip_hub.adapters.providers.calls import Answer, Call
from pip_hub.domain.connector import OrganisationsSpec
from pip_hub.domain.connector_link import Organisation
from pip_hub.domain.errors import NoOrganisation, ProviderMisbehaved, UndecidedOrganisation
from pip_hub.domain.secret import Secret

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,127}")
_MAX_NAME = 200


def chosen_organisation(call: Call, spec: OrganisationsSpec, answer: Answer, access: Secret) -> Organisation:
    """The organisation of this authorization, from the provider's list.

    It is the one made in the same event as the access token; without such a hint, the only one. Never "the first".

    Raises:
        NoOrganisation, UndecidedOrganisation, ProviderMisbehaved, ProviderUnreachable: see the types.
    """
    if not answer.succeeded:
        raise call.refused(answer)
    entries = _entries(call, spec, answer)
    if not entries:
        raise call.failed(NoOrganisation, "the account has no organisation", answer)
    event = _unproven_claim(access, spec.event_claim)
    of_this_event = [entry for entry in entries if event is not None and entry.get(spec.event_field) == event]
    candidates = of_this_event or entries
    if len(candidates) > 1:
        raise call.failed(UndecidedOrganisation, "several organisations, and none is the one just chosen", answer)
    try:
        return Organisation(
            id=_identifier(candidates[0].get(spec.id_field)),
            name=_name(candidates[0].get(spec.name_field)),
            connection_id=_identifier(candidates[0].get(spec.connection_field)),
        )
    except ValueError as problem:
        raise call.failed(ProviderMisbehaved, str(problem), answer) from None


def _entries(call: Call, spec: OrganisationsSpec, answer: Answer) -> list[Mapping[str, object]]:
    if not isinstance(answer.content, list) or not all(isinstance(entry, dict) for entry in answer.content):
        raise call.failed(ProviderMisbehaved, "the organisations are no list", answer)
    return [entry for entry in answer.content if all(entry.get(field) == value for field, value in spec.only.items())]


def _unproven_claim(token: Secret, claim: str) -> str | None:
    """A claim of an access token whose signature nobody checked: good for telling entries apart, for nothing else.

    The token came straight from the provider over TLS; one that is not a JWT has no claims.
    """
    _, _, rest = token.reveal().partition(".")
    payload, _, _ = rest.partition(".")
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return None
    value = claims.get(claim) if isinstance(claims, dict) else None
    return value if isinstance(value, str) and value else None


def _identifier(value: object) -> str:
    """It becomes part of URLs and headers, so it may only be made of what is harmless there."""
    if not isinstance(value, str) or _IDENTIFIER.fullmatch(value) is None:
        raise ValueError("an organisation's identifier cannot be one")
    return value


def _name(value: object) -> str:
    """For people to read: what cannot be shown becomes a space."""
    text = value if isinstance(value, str) else ""
    shown = "".join(character if character.isprintable() else " " for character in text)
    name = " ".join(shown.split())[:_MAX_NAME]
    if not name:
        raise ValueError("an organisation has no name")
    return name
