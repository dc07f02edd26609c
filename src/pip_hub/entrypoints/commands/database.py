"""`pip-hub migrate` and `pip-hub purge`."""

from __future__ import annotations

import argparse

import anyio

from pip_hub.adapters.sql.migration import migrate
from pip_hub.entrypoints.commands.set_up import open_migrated, read_settings


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`migrate` and `purge`."""
    bring = commands.add_parser("migrate", help="bring the database to head")
    bring.set_defaults(run=_migrate)
    purge = commands.add_parser("purge", help="remove what has expired; `serve` also does it by itself")
    purge.set_defaults(run=_purge)


def _migrate(_arguments: argparse.Namespace) -> None:
    migrate(read_settings().database_url)
    print("the database is at head")


def _purge(_arguments: argparse.Namespace) -> None:
    async def main() -> None:
        async with open_migrated() as hub:
            print(f"removed {await hub.use_cases.purge_expired()()} rows")

    anyio.run(main)
