"""`pip-hub keys new` and `pip-hub keys rotate`."""

from __future__ import annotations

import argparse

import anyio

from pip_hub.adapters.system.keys import new_key
from pip_hub.entrypoints.commands.refusal import Refusal
from pip_hub.entrypoints.commands.set_up import open_migrated


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`keys new` and `keys rotate`."""
    keys = commands.add_parser("keys", help="sealing keys")
    actions = keys.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="print a fresh sealing key for PIP_HUB_KEYS")
    new.set_defaults(run=_new)
    rotate = actions.add_parser(
        "rotate", help="seal every stored secret under the first key of PIP_HUB_KEYS; may be interrupted and run again"
    )
    rotate.set_defaults(run=_rotate)


def _new(_arguments: argparse.Namespace) -> None:
    print(new_key())


def _rotate(_arguments: argparse.Namespace) -> None:
    async def main() -> None:
        async with open_migrated() as hub:
            done = await hub.use_cases.reseal_secrets()()
            print(f"sealed {done.resealed} secrets under the first key")
            if done.unopenable:
                raise Refusal(
                    f"{done.unopenable} secrets do not open with any key of PIP_HUB_KEYS and were left as they are; "
                    "add the key they were sealed under and run this again"
                )
            print("the other keys of PIP_HUB_KEYS are not needed any more")

    anyio.run(main)
