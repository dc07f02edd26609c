"""Reading what a form chose: a connector, a level."""

from __future__ import annotations

from pip_hub.domain.connector import ConnectorCatalogue, ConnectorSpec
from pip_hub.domain.errors import ConnectorUnavailable, LevelNotOffered, UnknownConnector
from pip_hub.domain.identifiers import FlowId
from pip_hub.domain.permission import Level


def require_known(catalogue: ConnectorCatalogue, key: str, flow_id: FlowId | None) -> ConnectorSpec:
    """The connector of this key.

    Raises:
        UnknownConnector: there is none.
    """
    spec = catalogue.get(key)
    if spec is None:
        raise UnknownConnector(flow_id=flow_id)
    return spec


def require_available(catalogue: ConnectorCatalogue, key: str, flow_id: FlowId | None) -> ConnectorSpec:
    """The connector of this key, if it can be connected here.

    Raises:
        UnknownConnector: there is none.
        ConnectorUnavailable: it has no credentials, or is coming soon.
    """
    spec = require_known(catalogue, key, flow_id)
    if not spec.available:
        raise ConnectorUnavailable(name=spec.name, flow_id=flow_id)
    return spec


def read_level(spec: ConnectorSpec, word: str, flow_id: FlowId | None) -> Level:
    """The level of this word.

    Raises:
        LevelNotOffered: not a level, or not one of this connector's.
    """
    try:
        level = Level(word)
    except ValueError:
        raise LevelNotOffered(flow_id=flow_id) from None
    if not spec.offers(level):
        raise LevelNotOffered(flow_id=flow_id)
    return level
