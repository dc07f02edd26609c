"""A process of its own that hands out connector tokens, as many at once as it is told.

It is given its `Setup` as JSON, and says "ready". Then it reads one order a line, `[[MCP token, connector, level], …]`,
says "started" once it is at all of them, and in the end what came of each: the digest of the token, or why there is
none.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import anyio

from pip_hub.application.connectors.release_connector_token import ReleaseConnectorTokenCommand
from pip_hub.domain.errors import InteractionRequired, TokenRefused
from pip_hub.domain.secret import Secret, digest_of
from pip_hub.entrypoints.container import Hub
from tests.integration.refresh.installation import THE_RESOURCE, Setup


def say(what: Any) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - its output is how it talks


async def release(hub: Hub, token: str, connector: str, level: str) -> str:
    command = ReleaseConnectorTokenCommand(
        credentials=THE_RESOURCE, subject_token=Secret(token), connector=connector, scope=level
    )
    try:
        released = await hub.use_cases.release_connector_token()(command)
    except InteractionRequired as refused:
        return refused.need.value
    except TokenRefused as refused:
        return type(refused).__name__
    return digest_of(released.access_token).value


async def carry_out(hub: Hub, order: list[list[str]]) -> list[str]:
    """All of it at once; the answers in the order of the order."""
    answers = [""] * len(order)
    started = 0

    async def run(place: int) -> None:
        nonlocal started
        started += 1
        if started == len(order):
            say("started")
        answers[place] = await release(hub, *order[place])

    async with anyio.create_task_group() as group:
        for place in range(len(order)):
            group.start_soon(run, place)
    return answers


async def work(setup: Setup) -> None:
    hub = setup.compose()
    say("ready")
    async for line in anyio.wrap_file(sys.stdin):
        say(await carry_out(hub, json.loads(line)))


if __name__ == "__main__":
    anyio.run(work, Setup(**json.loads(sys.argv[1])))
