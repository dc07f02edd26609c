"""Time that passes for a hub which does not run: all it has noted comes to lie that much further back.

To the hub that is started next it makes no difference whether its clock moved on or its notes moved back. The clocks of
the providers stay where they are.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
from sqlalchemy import Table, create_engine, select, update

from pip_hub.adapters.sql.tables import metadata, provider_grants
from pip_hub.adapters.sql.types import UtcDateTime
from pip_hub.adapters.system.keys import parse_keys
from pip_hub.adapters.system.vault import AesGcmVault
from pip_hub.domain.identifiers import ProviderGrantId
from pip_hub.domain.provider_grant import ProviderTokens, grant_context
from pip_hub.domain.secret import Sealed


async def let_time_pass(database: Path, keys: str, by: timedelta) -> None:
    """Move every time in the database back, and with it the end of every provider token.

    Args:
        database: the SQLite file of a hub that does not run.
        keys: its `PIP_HUB_KEYS`, since the tokens are sealed together with their end.
        by: how long.
    """
    vault, engine = AesGcmVault(parse_keys(keys)), create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings().all():
                changes: dict[str, Any] = _moved_back(table, row, by)
                if table is provider_grants:
                    changes["sealed_tokens"] = await _sooner_over(vault, row, by)
                if changes:
                    here = [column == row[column.name] for column in table.primary_key]
                    connection.execute(update(table).where(*here).values(changes))
    engine.dispose()


def _moved_back(table: Table, row: Mapping[Any, Any], by: timedelta) -> dict[str, Any]:
    times = [column.name for column in table.columns if isinstance(column.type, UtcDateTime)]
    return {name: row[name] - by for name in times if row[name] is not None}


async def _sooner_over(vault: AesGcmVault, row: Mapping[Any, Any], by: timedelta) -> Sealed:
    context = grant_context(ProviderGrantId(row["id"]))
    tokens = ProviderTokens.unpack(await vault.open(row["sealed_tokens"], context))
    narrow = tokens.narrow
    older = attrs.evolve(
        tokens,
        access=attrs.evolve(tokens.access, expires_at=tokens.access.expires_at - by),
        narrow=attrs.evolve(narrow, expires_at=narrow.expires_at - by) if narrow is not None else None,
    )
    return await vault.seal(older.packed(), context)
