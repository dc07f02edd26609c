"""The real `pip-hub` command as a process of its own: started, stopped, killed, and started again where it was."""

import errno
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

import anyio
import attrs
from anyio.abc import Process, TaskGroup

COMMAND = Path(sys.executable).with_name("pip-hub")
_PATIENCE = 60.0
"""Seconds for a program to start or to end, on a machine that has other things to do."""


class DidNotStart(Exception):
    """The program ended, or went silent, before it said that it runs. The message is what it printed."""


@attrs.define(kw_only=True)
class Program:
    """A `pip-hub` command that serves until it is stopped. `says` is part of the line it prints once it does."""

    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    says: str
    _readers: TaskGroup
    _printed: bytearray = attrs.field(factory=bytearray, init=False)
    _process: Process | None = attrs.field(default=None, init=False)

    @property
    def log(self) -> str:
        """Everything printed so far, stdout and stderr, over all starts."""
        return self._printed.decode(errors="replace")

    @property
    def pid(self) -> int:
        assert self._process is not None, "it does not run"
        return self._process.pid

    async def start(self) -> None:
        """Start it and wait until it serves.

        Raises:
            DidNotStart: it does not.
        """
        process = await anyio.open_process(
            [COMMAND, *self.arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that workers of its own can be ended with it
        )
        self._process, ready = process, anyio.Event()
        self._readers.start_soon(self._read, process, len(self._printed), ready)
        with anyio.move_on_after(_PATIENCE):
            await ready.wait()
        if process.returncode is not None or not ready.is_set():
            await self.kill()
            raise DidNotStart(self.log)

    async def stop(self) -> int:
        """Ask it to end, as Ctrl-C or a service manager would, and return its exit status."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it without a chance to do anything more."""
        await self._end(signal.SIGKILL)

    async def kill_and_restart(self) -> None:
        """What a crash looks like: killed in the middle of whatever it does, then started on what it left behind."""
        await self.kill()
        await self.start()

    async def restart(self, settings: Mapping[str, str]) -> None:
        """Stop it as a service manager would, and start it with other settings."""
        await self.stop()
        self.environment = environment(settings)
        await self.start()

    async def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(number)
        try:
            with anyio.fail_after(_PATIENCE):
                return await process.wait()
        finally:
            _end_group(process.pid)
            with anyio.CancelScope(shield=True):
                await process.aclose()

    async def _read(self, process: Process, start: int, ready: anyio.Event) -> None:
        assert process.stdout is not None
        try:
            async for chunk in process.stdout:
                self._printed += chunk
                if self.says.encode() in self._printed[start:]:
                    ready.set()
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            pass  # it is being ended
        finally:
            ready.set()


def _end_group(leader: int) -> None:
    """End what the leader left behind, such as the workers of a server that was killed: its session is ours alone."""
    with suppress(ProcessLookupError):  # nothing is left
        os.killpg(leader, signal.SIGKILL)


@asynccontextmanager
async def running(
    *arguments: str, folder: Path, says: str, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Program]:
    """The command with these arguments in this folder, stopped at the end.

    Args:
        arguments: what follows `pip-hub`.
        folder: where it runs.
        says: part of the line it prints once it serves.
        settings: environment variables; of ours it sees none that begins with PIP_HUB_.
    """
    async with anyio.create_task_group() as readers:
        program = Program(
            arguments=arguments, folder=folder, environment=environment(settings), says=says, readers=readers
        )
        try:
            await program.start()
            yield program
        finally:
            with anyio.CancelScope(shield=True):
                await program.stop()


async def run(*arguments: str, folder: Path, settings: Mapping[str, str] | None = None) -> str:
    """Run the command to its end, and return what it printed on stdout; it must succeed."""
    with anyio.fail_after(_PATIENCE):
        done = await anyio.run_process(
            [COMMAND, *arguments], cwd=folder, env=environment(settings), check=False, stdin=subprocess.DEVNULL
        )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without any setting of pip-hub, and these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PIP_HUB_")}
    return {**kept, "PYTHONUNBUFFERED": "1", **(settings or {})}


def free_ports(count: int) -> int:
    """The first of so many neighbouring ports of localhost that nobody listens on.

    They lie below those the system gives to connections by itself, and above those that browsers refuse to visit.
    """
    for _ in range(100):
        first = 20_000 + secrets.randbelow(10_000)
        if all(_is_free(port) for port in range(first, first + count)):
            return first
    raise AssertionError(f"this machine has no {count} free neighbouring ports")


def _is_free(port: int) -> bool:
    with ExitStack() as stack:
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            try:
                stack.enter_context(socket.create_server((host, port), family=family))
            except OSError as problem:
                if family is socket.AF_INET or problem.errno == errno.EADDRINUSE:
                    return False
    return True
