"""What the hub's requests have in common."""

from __future__ import annotations

import re

import attrs
from starlette.requests import Request

from pip_hub.adapters.web.addresses import Onward, Place
from pip_hub.adapters.web.browser import BrowserCookies
from pip_hub.adapters.web.errors import name_flow
from pip_hub.adapters.web.forms import Fields, read_form, read_path
from pip_hub.application.accounts.visitor import Visitor
from pip_hub.domain.connector import ConnectorCatalogue
from pip_hub.domain.identifiers import ConnectorKey, FlowId

_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,64}")


@attrs.frozen(kw_only=True)
class CardForm:
    """A form of a connector's card that is ours: whose, which connector, in which flow, and its other fields."""

    visitor: Visitor
    connector: str
    flow_id: FlowId | None
    fields: Fields


async def read_card_form(request: Request, cookies: BrowserCookies) -> CardForm:
    """The form.

    Raises:
        NotSignedIn: there is no session cookie.
        ForgedForm: it comes from elsewhere.
        MalformedRequest, HTTPException: see `read_form`.
    """
    connector, fields = read_path(request, "connector"), await read_form(request)
    flow_id, visitor = read_flow(request, fields), cookies.visitor(request)
    cookies.require_own_form(request, fields, visitor)
    return CardForm(visitor=visitor, connector=connector, flow_id=flow_id, fields=fields)


def read_flow(request: Request, fields: Fields, name: str = "flowId") -> FlowId | None:
    """The flow a request names, if any; an error page then leads back to it."""
    value = fields.one(name)
    if value is None:
        return None
    name_flow(request, well_formed_flow(value))
    return FlowId(value)


def read_wanted(fields: Fields, catalogue: ConnectorCatalogue) -> ConnectorKey | None:
    """The connector that an app sent the user here for; what is not the key of one is as good as nothing."""
    spec = catalogue.get(fields.one("connect") or "")
    return spec.key if spec is not None else None


def read_onward(fields: Fields, catalogue: ConnectorCatalogue) -> Onward:
    """Where to go on after signing in; only what we know or could have made ourselves stays of it."""
    place = Place.ACTIVITY if fields.one("return_to") == Place.ACTIVITY else Place.HUB
    return Onward(place=place, flow_id=well_formed_flow(fields.one("flow")), connect=read_wanted(fields, catalogue))


def well_formed_flow(value: str | None) -> FlowId | None:
    """A flow id fit to stand in a link of ours."""
    return FlowId(value) if value is not None and _IDENTIFIER.fullmatch(value) else None
