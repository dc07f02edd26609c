"""The organisations an account reaches, at a provider that has several per account."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping

import attrs

from pip_hub.adapters.providers.calls import Answer, Call
from pip_hub.domain.connector import OrganisationsSpec
from pip_hub.domain.connector_link import Organisation
from pip_hub.domain.errors import ProviderMisbehaved
from pip_hub.domain.secret import Secret

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~:-]{0,127}")
_MAX_NAME = 200


@attrs.frozen
class Listed:
    """An entry of the provider's list, and the authorization it was last part of."""

    organisation: Organisation
    event: object


def read_organisations(call: Call, spec: OrganisationsSpec, answer: Answer) -> tuple[Listed, ...]:
    """What the provider lists.

    Raises:
        ProviderMisbehaved: the list, or one entry of it, makes no sense. Leaving that one out would make a choice
            look clear that is not.
    """
    try:
        return tuple(
            Listed(
                Organisation(
                    id=_identifier(entry.get(spec.id_field)),
                    name=_name(entry.get(spec.name_field)),
                    connection_id=_identifier(entry.get(spec.connection_field)),
                ),
                entry.get(spec.event_field),
            )
            for entry in _entries(call, spec, answer)
        )
    except ValueError as problem:
        raise call.failed(ProviderMisbehaved, str(problem), answer) from None


def just_chosen(listed: tuple[Listed, ...], spec: OrganisationsSpec, access: Secret) -> Organisation | None:
    """The organisation of this authorization: the one made in the same event as the access token.

    Without such a hint, the only one; None when that does not decide it. Never "the first".
    """
    event = _unproven_claim(access, spec.event_claim)
    of_this_event = [one for one in listed if event is not None and one.event == event]
    candidates = of_this_event or listed
    return candidates[0].organisation if len(candidates) == 1 else None


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
