"""What the hub's requests have in common."""

from __future__ import annotations

import re

from starlette.requests import Request

from pip_hub.adapters.web.errors import name_flow
from pip_hub.adapters.web.forms import Fields
from pip_hub.domain.identifiers import FlowId

_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read_flow(request: Request, fields: Fields, name: str = "flowId") -> FlowId | None:
    """The flow a request names, if any; an error page then leads back to it."""
    value = fields.one(name)
    if value is None:
        return None
    name_flow(request, well_formed_flow(value))
    return FlowId(value)


def well_formed_flow(value: str | None) -> FlowId | None:
    """A flow id fit to stand in a link of ours."""
    return FlowId(value) if value is not None and _IDENTIFIER.fullmatch(value) else None
