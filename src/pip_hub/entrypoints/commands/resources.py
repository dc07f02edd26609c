"""`pip-hub resources`: the MCP servers that tokens may be issued for."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable

import anyio

from pip_hub.application.resources.add_resource import AddResourceCommand
from pip_hub.domain.errors import ResourceRefused
from pip_hub.entrypoints.commands.refusal import Refusal
from pip_hub.entrypoints.commands.set_up import open_migrated
from pip_hub.entrypoints.container import Hub


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`resources add`, `list` and `remove`."""
    resources = commands.add_parser("resources", help="MCP servers that tokens may be issued for")
    actions = resources.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="register an MCP server and print its credentials, once")
    add.add_argument("uri", metavar="URI", help="the server's URL, as clients are given it")
    add.add_argument("--name", help="what people are shown; default: the URI")
    add.add_argument("--scopes", default="", help='space-separated scopes it understands; default: "mcp"')
    add.set_defaults(run=lambda arguments: _run(arguments, _add))
    show = actions.add_parser("list", help="show the registered MCP servers")
    show.set_defaults(run=lambda arguments: _run(arguments, _list))
    remove = actions.add_parser("remove", help="forget an MCP server; its tokens stop working")
    remove.add_argument("uri", metavar="URI")
    remove.set_defaults(run=lambda arguments: _run(arguments, _remove))


def _run(arguments: argparse.Namespace, action: Callable[[Hub, argparse.Namespace], Awaitable[None]]) -> None:
    async def main() -> None:
        async with open_migrated() as hub:
            try:
                await action(hub, arguments)
            except ResourceRefused as refused:
                raise Refusal(f"{refused.reason}; `pip-hub resources list` shows what is registered") from None

    anyio.run(main)


async def _add(hub: Hub, arguments: argparse.Namespace) -> None:
    command = AddResourceCommand(uri=arguments.uri, name=arguments.name or arguments.uri, scopes=arguments.scopes)
    added = await hub.use_cases.add_resource()(command)
    print(f"uri     {added.resource.uri}")
    print(f"scopes  {added.resource.scopes.format()}")
    print(f"id      {added.resource.id}")
    print(f"secret  {added.secret.reveal()}")
    print("Give id and secret to the MCP server now: the secret is not shown again.")


async def _list(hub: Hub, _arguments: argparse.Namespace) -> None:
    for resource in await hub.use_cases.list_resources()():
        print(f"{resource.uri}\t{resource.name}\t{resource.scopes.format()}\t{resource.id}")


async def _remove(hub: Hub, arguments: argparse.Namespace) -> None:
    removed = await hub.use_cases.remove_resource()(arguments.uri)
    print(f"removed {removed.uri}")
