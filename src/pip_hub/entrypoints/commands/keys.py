"""`pip-hub keys new`."""

from __future__ import annotations

import argparse

from pip_hub.adapters.system.keys import new_key


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`keys new`."""
    keys = commands.add_parser("keys", help="sealing keys")
    actions = keys.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="print a fresh sealing key for PIP_HUB_KEYS")
    new.set_defaults(run=_new)


def _new(_arguments: argparse.Namespace) -> None:
    print(new_key())
