"""`pip-hub demo` and `pip-hub sandbox`."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import anyio

from pip_hub.entrypoints.commands.arguments import port
from pip_hub.entrypoints.commands.refusal import Refusal
from pip_hub.entrypoints.commands.set_up import read_settings

HOME = Path(".pip-hub")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`demo` and `sandbox`."""
    demo = commands.add_parser("demo", help="the whole journey on this machine, with no accounts anywhere")
    demo.add_argument(
        "--port", type=port, default=8400, help="the hub's; the next two are used too; default: %(default)s"
    )
    demo.add_argument("--reset", action="store_true", help="forget everything earlier runs kept in .pip-hub/")
    demo.set_defaults(run=_demo)
    sandbox = commands.add_parser("sandbox", help="the provider sandbox alone: Xero and Google as they behave")
    sandbox.add_argument("--port", type=port, default=8401, help="default: %(default)s")
    sandbox.set_defaults(run=_sandbox)


def _demo(arguments: argparse.Namespace) -> None:
    # The demo's parts are imported only here: `serve` runs without the extra that brings the MCP SDK.
    try:
        from pip_hub.entrypoints.demo.run import run_demo
    except ModuleNotFoundError as missing:
        raise Refusal(f"the demo needs the package {missing.name}: install pip-hub[demo]") from None
    anyio.run(partial(run_demo, HOME, arguments.port, reset=arguments.reset))


def _sandbox(arguments: argparse.Namespace) -> None:
    from pip_hub.entrypoints.demo.sandbox import run_sandbox

    anyio.run(run_sandbox, arguments.port, read_settings().public_url)
