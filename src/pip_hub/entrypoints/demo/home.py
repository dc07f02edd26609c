"""What the demo keeps between runs, in one folder: nothing is asked of the person, and nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import attrs

from pip_hub.adapters.system.keys import new_key
from pip_hub.domain.secret import Secret


@attrs.frozen(kw_only=True)
class ResourceCredentials:
    """What the demo's MCP server introspects with."""

    id: str
    secret: Secret


@attrs.frozen
class DemoHome:
    """The folder `.pip-hub/`, readable by its owner only."""

    folder: Path

    def prepare(self, *, reset: bool) -> None:
        """Make the folder; with `reset`, forget everything in it first."""
        if reset and self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def database_url(self) -> str:
        return f"sqlite+aiosqlite:///{self.folder / 'hub.db'}"

    @property
    def sandbox_file(self) -> Path:
        return self.folder / "sandbox.json"

    @property
    def sample_client_file(self) -> Path:
        return self.folder / "sample-client.json"

    def sealing_key(self) -> Secret:
        """The key of earlier runs, or a fresh one."""
        file = self.folder / "sealing-key"
        if not file.exists():
            _write_private(file, new_key())
        return Secret(file.read_text(encoding="ascii").strip())

    def resource_credentials(self) -> ResourceCredentials | None:
        """Those of earlier runs; None on the first."""
        file = self.folder / "mcp-server.json"
        if not file.exists():
            return None
        fields = json.loads(file.read_text(encoding="utf-8"))
        return ResourceCredentials(id=fields["id"], secret=Secret(fields["secret"]))

    def keep_resource_credentials(self, credentials: ResourceCredentials) -> None:
        """Keep them for the next run."""
        fields = {"id": credentials.id, "secret": credentials.secret.reveal()}
        _write_private(self.folder / "mcp-server.json", json.dumps(fields))


def _write_private(file: Path, text: str) -> None:
    """Written whole or not at all, and never readable by others, not even for a moment."""
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(file)
