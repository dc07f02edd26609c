"""An organisation as three columns of somebody else's row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from pip_hub.domain.connector_link import Organisation


def organisation_columns(organisation: Organisation | None) -> dict[str, Any]:
    """The organisation's part of a row."""
    return {
        "organisation_id": organisation.id if organisation else None,
        "organisation_name": organisation.name if organisation else None,
        "organisation_connection_id": organisation.connection_id if organisation else None,
    }


def organisation_in(row: RowMapping) -> Organisation | None:
    """The organisation in a row, None when its columns are empty."""
    if row["organisation_id"] is None:
        return None
    return Organisation(
        id=row["organisation_id"],
        name=row["organisation_name"],
        connection_id=row["organisation_connection_id"],
    )
