"""The `pip-hub` command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sqlalchemy.exc import DBAPIError

from pip_hub.adapters.providers.catalogue import CatalogueMistake
from pip_hub.adapters.sql.engine import UnusableDatabaseUrl
from pip_hub.domain.errors import StorageUnavailable
from pip_hub.entrypoints.commands import database, demo, keys, resources, serve
from pip_hub.entrypoints.commands.refusal import Refusal
from pip_hub.entrypoints.serving import PortTaken

_UNUSABLE = "the database cannot be used ({}); check PIP_HUB_DATABASE_URL and that it runs"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command: 0 for done, 1 for a refusal told on stderr; argparse exits with 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="pip-hub", description="The integrations hub for MCP servers.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (demo, serve, database, resources, keys):
        module.add_parser(commands)
    arguments = parser.parse_args(argv)
    try:
        arguments.run(arguments)
    except Refusal as refusal:
        return _refuse(*refusal.lines)
    except CatalogueMistake as problem:
        return _refuse(*problem.mistakes)
    except UnusableDatabaseUrl as problem:
        return _refuse(f"PIP_HUB_DATABASE_URL: {problem}")
    except PortTaken as problem:
        return _refuse(str(problem))
    except StorageUnavailable as problem:
        return _refuse(_UNUSABLE.format(problem.reason))
    except (DBAPIError, OSError) as problem:
        # The exception's text may repeat a statement with its values, so only its kind is told.
        return _refuse(_UNUSABLE.format(_kind(problem)))
    return 0


def _refuse(*lines: str) -> int:
    for line in lines:
        print(f"pip-hub: {line}", file=sys.stderr)
    return 1


def _kind(problem: DBAPIError | OSError) -> str:
    return type(problem.orig).__name__ if isinstance(problem, DBAPIError) else type(problem).__name__
